import type { CachePolicy } from '../count-usage.ts';
import { readAttachment, readLink, readTextDocument } from '../media.ts';
import type { Media, Prompt, PromptMessage } from '../prompt.ts';
import { readSchema } from './check-messages.ts';
import type { ConverseBlock, ConverseRequest } from './request.ts';

export function readPrompt(request: ConverseRequest): Prompt {
  const schema = readSchema(request);
  return {
    messages: readMessages(request),
    tools: readTools(request),
    parallelCalls: request.additionalModelRequestFields?.tool_choice?.disable_parallel_tool_use !== true,
    maximumTokens: request.inferenceConfig?.maxTokens ?? Infinity,
    stopSequences: request.inferenceConfig?.stopSequences ?? [],
    output: { member: 'outputConfig.textFormat', ...(schema !== undefined && { schema }) },
    choices: 1,
    cachePolicy: readCachePolicy(request),
  };
}

function readMessages({ system, messages }: ConverseRequest): PromptMessage[] {
  const leading = (system ?? []).map(({ text = '' }) => text).join('');
  return [
    ...(system === undefined ? [] : [{ role: 'system', text: leading } as const]),
    ...messages.flatMap(({ role, content }, index) => readMessage(role, content, `messages.${index}.content`)),
  ];
}

/** Tool results are messages of their own to the model. */
function readMessage(role: 'user' | 'assistant', content: readonly ConverseBlock[], path: string): PromptMessage[] {
  const results = content.flatMap(({ toolResult }): PromptMessage[] => {
    if (toolResult === undefined) return [];
    const texts = toolResult.content.map(({ text, json }) => text ?? (json === undefined ? '' : JSON.stringify(json)));
    const media = toolResult.content.flatMap((block, at) => readMedia(block, `${path}.toolResult.content.${at}`));
    return [{ role: 'tool', text: texts.join(''), media }];
  });
  const others = content.filter(({ toolResult, cachePoint }) => toolResult === undefined && cachePoint === undefined);
  if (others.length === 0) return results;
  const cited = (block: ConverseBlock) => (block.citationsContent?.content ?? []).map(({ text }) => text).join('');
  const text = others.map((block) => block.text ?? cited(block)).join('');
  return [...results, { role, text, media: others.flatMap((block, at) => readMedia(block, `${path}.${at}`)) }];
}

const documentTypes: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  csv: 'text/csv',
  html: 'text/html',
  txt: 'text/plain',
  md: 'text/markdown',
};

function readMedia({ image, document }: Pick<ConverseBlock, 'image' | 'document'>, path: string): Media[] {
  if (image !== undefined) {
    const { bytes = '', s3Location } = image.source;
    const param = `${path}.image.source`;
    if (s3Location !== undefined) return [readLink('image', s3Location.uri, param)];
    return [readAttachment({ kind: 'image', mediaType: `image/${image.format}`, data: bytes, param })];
  }
  if (document === undefined) return [];
  const { citable, ...media } = readDocument(document, `${path}.document.source`);
  return [{ ...media, ...(document.citations?.enabled === true && { citable: citable ?? media.description }) }];
}

function readDocument({ format = 'txt', name, source }: NonNullable<ConverseBlock['document']>, param: string): Media {
  const { bytes, text, content = [], s3Location } = source;
  if (s3Location !== undefined) return readLink('document', s3Location.uri, param);
  if (bytes === undefined) return readTextDocument(text ?? content.map((each) => each.text).join(''), name);
  const mediaType = documentTypes[format] ?? `application/${format}`;
  return readAttachment({ kind: 'document', mediaType, data: bytes, param, name });
}

function readTools({ toolConfig }: ConverseRequest): Prompt['tools'] {
  const wanted = toolConfig?.toolChoice?.tool?.name;
  return (toolConfig?.tools ?? [])
    .flatMap(({ toolSpec }) => (toolSpec ? [{ name: toolSpec.name, schema: toolSpec.inputSchema.json }] : []))
    .filter(({ name }) => wanted === undefined || name === wanted);
}

/** One marker anywhere is enough; the longest lifetime asked for wins. */
function readCachePolicy({ system = [], messages, toolConfig }: ConverseRequest): CachePolicy {
  const blocks = [...system, ...(toolConfig?.tools ?? []), ...messages.flatMap(({ content }) => content)];
  const markers = blocks.flatMap(({ cachePoint }) => cachePoint ?? []);
  if (markers.length === 0) return 'none';
  return markers.some(({ ttl }) => ttl === '1h') ? '1h' : '5m';
}
