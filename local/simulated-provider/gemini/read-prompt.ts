import { isRecord } from '../json.ts';
import { readAttachment, readLink } from '../media.ts';
import { anyObjectSchema, type Media, type Prompt, type PromptMessage, type StructuredOutput } from '../prompt.ts';
import type { GeminiContent, GeminiPart, GenerateContentRequest } from './request.ts';
import { toJsonSchema } from './schema.ts';

export function readPrompt(request: GenerateContentRequest): Prompt {
  const { generationConfig = {} } = request;
  return {
    messages: readMessages(request),
    tools: readTools(request),
    parallelCalls: true,
    maximumTokens: generationConfig.maxOutputTokens ?? Infinity,
    stopSequences: generationConfig.stopSequences ?? [],
    output: readOutput(generationConfig),
    choices: generationConfig.candidateCount ?? 1,
    cachePolicy: 'automatic',
  };
}

export function readMessages({
  systemInstruction,
  contents,
}: Pick<GenerateContentRequest, 'systemInstruction' | 'contents'>): PromptMessage[] {
  const system = (systemInstruction?.parts ?? []).map(({ text = '' }) => text).join('');
  return [
    ...(systemInstruction === undefined ? [] : [{ role: 'system', text: system } as const]),
    ...contents.flatMap((content, index) => readContent(content, `contents[${index}]`)),
  ];
}

/** Function responses are messages of their own to the model. */
function readContent({ role = 'user', parts }: GeminiContent, path: string): PromptMessage[] {
  const others = parts.filter(({ functionResponse }) => functionResponse === undefined);
  const results = parts.flatMap(({ functionResponse }): PromptMessage[] => {
    if (functionResponse === undefined) return [];
    const { response, parts: media = [] } = functionResponse;
    return [{ role: 'tool', text: readResult(response), media: media.flatMap((each) => readMedia(each, path)) }];
  });
  if (others.length === 0) return results;
  const text = others.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
  const media = others.flatMap((part, at) => readMedia(part, `${path}.parts[${at}]`));
  return [...results, { role: role === 'model' ? 'assistant' : 'user', text, media }];
}

/** The names that Google's documentation suggests hold the result itself. */
function readResult(response: Record<string, unknown>): string {
  const [only, ...others] = Object.entries(response);
  if (only === undefined || others.length > 0 || !['output', 'result', 'error'].includes(only[0]))
    return JSON.stringify(response);
  return typeof only[1] === 'string' ? only[1] : JSON.stringify(only[1]);
}

function readMedia({ inlineData, fileData }: Pick<GeminiPart, 'inlineData' | 'fileData'>, path: string): Media[] {
  const kindOf = (type: string) => (type.startsWith('image/') ? 'image' : 'document');
  if (inlineData !== undefined) {
    const { mimeType: mediaType, data, displayName: name } = inlineData;
    if (/^(?:audio|video)\//.test(mediaType)) return [];
    return [readAttachment({ kind: kindOf(mediaType), mediaType, data, param: `${path}.inline_data`, name })];
  }
  if (fileData === undefined) return [];
  return [readLink(kindOf(fileData.mimeType ?? 'image/'), fileData.fileUri, `${path}.file_data.file_uri`)];
}

function readTools({ tools = [], toolConfig }: GenerateContentRequest): Prompt['tools'] {
  const { mode, allowedFunctionNames: allowed = [] } = toolConfig?.functionCallingConfig ?? {};
  if (mode === 'NONE') return [];
  return tools
    .flatMap(({ functionDeclarations = [] }) => functionDeclarations)
    .filter(({ name }) => allowed.length === 0 || allowed.includes(name))
    .map(({ name, parameters, parametersJsonSchema }) => ({
      name,
      schema: parametersJsonSchema ?? toJsonSchema(parameters),
    }));
}

function readOutput(config: NonNullable<GenerateContentRequest['generationConfig']>): StructuredOutput {
  const member = 'generation_config.response_schema';
  const schema = config.responseJsonSchema ?? toJsonSchema(config.responseSchema);
  if (isRecord(schema)) return { member, schema };
  return config.responseMimeType === 'application/json' ? { member, schema: anyObjectSchema } : { member };
}
