import {
  CallNumbers,
  canonicalJson,
  demand,
  type Json,
  Lines,
  object,
  objects,
  type SeenRequest,
  string,
} from '../seen.ts';
import { memberOf, optionLines } from './options.ts';

/** https://ai.google.dev/api/generate-content */
export function readGeminiRequest(body: Json): SeenRequest {
  const lines = new Lines();
  const calls = new CallNumbers();
  for (const part of objects(memberOf(body, 'systemInstruction', 'parts') ?? [])) {
    lines.text('system text', string(part['text']));
  }
  for (const content of objects(body['contents'])) {
    const role = content['role'] === 'model' ? 'assistant' : string(content['role']);
    demand(role === 'user' || role === 'assistant', 'a role', role);
    for (const part of objects(content['parts'])) readPart(part, role, { lines, calls });
  }
  calls.demandAnswered();
  const options = object(body['generationConfig'] ?? {});
  const mode = memberOf(body, 'toolConfig', 'functionCallingConfig', 'mode');
  const thinking = object(options['thinkingConfig'] ?? {});
  const states = objects(body['contents']).flatMap((content) => objects(content['parts']).flatMap(stateOf));
  return {
    content: lines.lines,
    ...(states.length > 0 && { states }),
    options: optionLines({
      tools: objects(body['tools'] ?? []).flatMap((tool) =>
        objects(tool['functionDeclarations']).map(({ name, description, parametersJsonSchema, parameters }) => ({
          name,
          description,
          schema: parametersJsonSchema ?? parameters,
        })),
      ),
      toolChoice: mode === undefined ? undefined : { AUTO: 'auto', NONE: 'none', ANY: 'required' }[string(mode)],
      maxTokens: options['maxOutputTokens'],
      temperature: options['temperature'],
      stop: options['stopSequences'],
      outputSchema: options['responseJsonSchema'] ?? options['responseSchema'],
      reasoning:
        thinking['thinkingLevel'] !== undefined || ((thinking['thinkingBudget'] as number | undefined) ?? 0) > 0,
    }),
  };
}

function stateOf({ thoughtSignature, functionCall, text }: Json): string[] {
  if (thoughtSignature === undefined) return [];
  const at = functionCall === undefined ? `text ${string(text)}` : `call ${string(object(functionCall)['name'])}`;
  return [`${at} <${string(thoughtSignature)}>`];
}

function readPart(part: Json, role: string, { lines, calls }: { lines: Lines; calls: CallNumbers }): void {
  const { text, inlineData, fileData, functionCall, functionResponse } = part;
  const kinds = [text, inlineData, fileData, functionCall, functionResponse].filter((member) => member !== undefined);
  demand(kinds.length === 1, 'one kind of content in a part', part);
  if (part['thought'] === true) return;
  if (text !== undefined) return lines.text(`${role} text`, string(text));
  if (functionCall !== undefined) {
    const { id, name, args } = object(functionCall);
    demand(role === 'assistant', 'calls of the model', role);
    calls.call(id as string | undefined, string(name));
    return lines.line(`assistant call ${String(name)} ${canonicalJson(object(args ?? {}))}`);
  }
  if (functionResponse !== undefined) {
    const { id, name, response } = object(functionResponse);
    demand(role === 'user', 'results of the user', role);
    const number = calls.result(id as string | undefined, string(name));
    return lines.text(`user result of call ${number}`, string(object(response)['output']));
  }
  const { mimeType, data, fileUri, displayName } = object(inlineData ?? fileData);
  const isDocument = string(mimeType ?? 'image/*') === 'application/pdf';
  const content = inlineData === undefined ? string(fileUri) : `${String(mimeType)} ${string(data)}`;
  lines.line(isDocument ? `user document ${String(displayName)} ${content}` : `user image ${content}`);
}
