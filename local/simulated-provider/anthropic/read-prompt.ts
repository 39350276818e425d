import type { CachePolicy } from '../count-usage.ts';
import { readAttachment, readLink, readTextDocument } from '../media.ts';
import type { Media, Prompt, PromptMessage } from '../prompt.ts';
import type { Block, CountRequest, MessagesRequest } from './messages-request.ts';

export function readPrompt(request: MessagesRequest): Prompt {
  const format = request.output_config?.format ?? request.output_format;
  const choice = request.tool_choice;
  return {
    messages: readMessages(request),
    tools: readTools(request),
    parallelCalls: !(choice && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use === true),
    maximumTokens: request.max_tokens,
    stopSequences: request.stop_sequences ?? [],
    output: { member: 'output_config.format', ...(format && { schema: format.schema }) },
    choices: 1,
    cachePolicy: readCachePolicy(request),
  };
}

export function readMessages({ system, messages }: CountRequest): PromptMessage[] {
  const leading: PromptMessage[] = system === undefined ? [] : [{ role: 'system', text: readText(system) }];
  return [
    ...leading,
    ...messages.flatMap(({ role, content }, index): PromptMessage[] =>
      typeof content === 'string'
        ? [{ role, text: content }]
        : splitResults(content).map((blocks) => ({
            role: blocks[0]?.type === 'tool_result' ? 'tool' : role,
            text: readText(blocks),
            media: readMedia(blocks, `messages.${index}.content`),
          })),
    ),
  ];
}

/** Tool results are messages of their own to the model. */
function splitResults(content: readonly Block[]): Block[][] {
  const results = content.filter(({ type }) => type === 'tool_result');
  const others = content.filter(({ type }) => type !== 'tool_result');
  return [...results.map((result) => [result]), ...(others.length > 0 ? [others] : [])];
}

/** All text of a message, that of tool results included. */
function readText(content: string | readonly Block[]): string {
  if (typeof content === 'string') return content;
  return content
    .map((block) => {
      if (block.type === 'text') return block.text;
      return block.type === 'tool_result' && block.content !== undefined ? readText(block.content) : '';
    })
    .join('');
}

function readMedia(blocks: readonly Block[], path: string): Media[] {
  return blocks.flatMap((block, at): Media[] => {
    const param = `${path}.${at}`;
    if (block.type === 'tool_result')
      return Array.isArray(block.content) ? readMedia(block.content, `${param}.content`) : [];
    if (block.type === 'image') {
      const { source } = block;
      if (source.type === 'url') return [readLink('image', source.url, `${param}.image.source.url`)];
      const { media_type: mediaType, data } = source;
      return [readAttachment({ kind: 'image', mediaType, data, param: `${param}.image.source.base64.data` })];
    }
    return block.type === 'document' ? [readDocument(block, `${param}.document.source`)] : [];
  });
}

/** A document may be cited only where the request says so. */
function readDocument({ source, title, citations }: Block & { type: 'document' }, param: string): Media {
  const { citable, ...document } = readSource(source, title ?? undefined, param);
  return { ...document, ...(citations?.enabled === true && { citable: citable ?? document.description }) };
}

function readSource(source: (Block & { type: 'document' })['source'], name: string | undefined, param: string): Media {
  switch (source.type) {
    case 'url':
      return readLink('document', source.url, `${param}.url`);
    case 'text':
      return readTextDocument(source.data, name);
    case 'content':
      return readTextDocument(
        typeof source.content === 'string' ? source.content : JSON.stringify(source.content),
        name,
      );
    case 'base64':
      return readAttachment({
        kind: 'document',
        mediaType: source.media_type,
        data: source.data,
        param: `${param}.data`,
        name,
      });
  }
}

function readTools({ tools = [], tool_choice: choice }: MessagesRequest): Prompt['tools'] {
  if (choice?.type === 'none') return [];
  return tools
    .filter(({ name }) => choice?.type !== 'tool' || name === choice.name)
    .map(({ name, input_schema: schema }) => ({ name, schema }));
}

/** One marker anywhere is enough; the longest lifetime asked for wins. */
function readCachePolicy({ system, messages, tools = [], cache_control: whole }: MessagesRequest): CachePolicy {
  const blocks: readonly object[] = [system, ...messages.map(({ content }) => content)].flatMap((content) =>
    typeof content === 'object' ? content : [],
  );
  const marked: readonly object[] = [{ cache_control: whole }, ...tools, ...blocks];
  const markers = marked.flatMap((block) =>
    'cache_control' in block && block.cache_control ? [block.cache_control as { ttl?: string }] : [],
  );
  if (markers.length === 0) return 'none';
  return markers.some(({ ttl }) => ttl === '1h') ? '1h' : '5m';
}
