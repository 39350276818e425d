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

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function readBedrockConverseRequest(body: Json): SeenRequest {
  const lines = new Lines();
  const calls = new CallNumbers();
  for (const block of objects(body['system'] ?? [])) lines.text('system text', string(block['text']));
  for (const [index, message] of objects(body['messages']).entries()) {
    const role = string(message['role']);
    demand(role === (index % 2 === 0 ? 'user' : 'assistant'), 'strict alternation that a user begins', role);
    const blocks = objects(message['content']);
    demand(blocks.length > 0, 'content', message);
    const hasText = blocks.some((block) => block['text'] !== undefined);
    demand(hasText || blocks.every((block) => block['document'] === undefined), 'text beside a document', message);
    for (const block of blocks) readBlock(block, role, { lines, calls });
  }
  calls.demandAnswered();
  const inference = object(body['inferenceConfig'] ?? {});
  const additional = object(body['additionalModelRequestFields'] ?? {});
  const choice = object(memberOf(body, 'toolConfig', 'toolChoice') ?? { auto: {} });
  const schema = memberOf(body, 'outputConfig', 'textFormat', 'structure', 'jsonSchema', 'schema');
  const states = objects(body['messages']).flatMap(({ content }) => objects(content).flatMap(stateOf));
  return {
    content: lines.lines,
    ...(states.length > 0 && { states }),
    options: optionLines({
      tools: objects(memberOf(body, 'toolConfig', 'tools') ?? []).map((tool) => {
        const { name, description, inputSchema } = object(tool['toolSpec']);
        return { name, description, schema: object(inputSchema)['json'] };
      }),
      toolChoice: choice['any'] === undefined ? 'auto' : 'required',
      maxTokens: inference['maxTokens'],
      temperature: inference['temperature'],
      stop: inference['stopSequences'],
      outputSchema: schema === undefined ? undefined : JSON.parse(string(schema)),
      reasoning: ['enabled', 'adaptive'].includes(String(memberOf(additional, 'thinking', 'type'))),
    }),
  };
}

function stateOf({ reasoningContent }: Json): string[] {
  if (reasoningContent === undefined) return [];
  const { text, signature } = object(object(reasoningContent)['reasoningText']);
  return [`reasoning ${string(text)} <${string(signature)}>`];
}

function readBlock(block: Json, role: string, { lines, calls }: { lines: Lines; calls: CallNumbers }): void {
  demand(Object.keys(block).length === 1, 'a union with one member', block);
  const { text, image, document, toolUse, toolResult, reasoningContent } = block;
  if (reasoningContent !== undefined) return demand(role === 'assistant', 'thoughts of the assistant', role);
  if (text !== undefined) return lines.text(`${role} text`, string(text));
  if (image !== undefined) {
    const { format, source } = object(image);
    return lines.line(`user image image/${string(format)} ${string(object(source)['bytes'])}`);
  }
  if (document !== undefined) {
    const { format, name, source } = object(document);
    demand(/^(?!.*\s\s)[\w\s\-()[\]]{1,200}$/.test(string(name)), 'a name without punctuation', name);
    return lines.line(`user document ${String(name)} application/${string(format)} ${string(object(source)['bytes'])}`);
  }
  if (toolUse !== undefined) {
    const { toolUseId, name, input } = object(toolUse);
    demand(role === 'assistant', 'calls of the assistant', role);
    calls.call(string(toolUseId), string(name));
    return lines.line(`assistant call ${string(name)} ${canonicalJson(object(input))}`);
  }
  const { toolUseId, content } = object(toolResult);
  const number = calls.result(string(toolUseId), undefined);
  lines.text(
    `user result of call ${number}`,
    objects(content)
      .map((part) => string(part['text']))
      .join(''),
  );
}
