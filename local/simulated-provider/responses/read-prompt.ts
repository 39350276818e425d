import { readAttachment, readLink, readUrl } from '../media.ts';
import { anyObjectSchema, type Media, type Prompt, type PromptMessage, type StructuredOutput } from '../prompt.ts';
import { refuse } from '../refusal.ts';
import type { InputPart, InputTokensRequest, Item, ResponsesRequest } from './request.ts';

export function readPrompt(request: ResponsesRequest): Prompt {
  return {
    messages: readMessages(request),
    tools: readTools(request),
    parallelCalls: request.parallel_tool_calls ?? true,
    maximumTokens: request.max_output_tokens ?? Infinity,
    // The protocol has none.
    stopSequences: [],
    output: readOutput(request),
    choices: 1,
    cachePolicy: 'automatic',
  };
}

export function readMessages({ instructions, input }: InputTokensRequest): PromptMessage[] {
  const items: PromptMessage[] =
    typeof input === 'string'
      ? [{ role: 'user', text: input }]
      : input.flatMap((item, index) => readItem(item, `input[${index}]`));
  return instructions ? [{ role: 'system', text: instructions }, ...items] : items;
}

function readItem(item: Item, path: string): PromptMessage[] {
  switch (item.type) {
    case 'message': {
      const role = item.role === 'developer' ? 'system' : item.role;
      if (item.role === 'assistant') {
        const parts = typeof item.content === 'string' ? [] : item.content;
        const texts = parts.map((part) => (part.type === 'output_text' ? part.text : part.refusal));
        return [{ role, text: typeof item.content === 'string' ? item.content : texts.join('') }];
      }
      return [{ role, ...readContent(item.content, `${path}.content`) }];
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [{ role: 'tool', ...readContent(item.output, `${path}.output`) }];
    case 'function_call':
    case 'custom_tool_call':
      return [{ role: 'assistant', text: '' }];
    case 'reasoning':
    case 'item_reference':
      return [];
  }
}

function readContent(content: string | readonly InputPart[], path: string): Pick<PromptMessage, 'text' | 'media'> {
  if (typeof content === 'string') return { text: content };
  return {
    text: content.map((part) => (part.type === 'input_text' ? part.text : '')).join(''),
    media: content.flatMap((part, at) => readMedia(part, `${path}[${at}]`)),
  };
}

function readMedia(part: InputPart, path: string): Media[] {
  if (part.type === 'input_text') return [];
  if (part.type === 'input_image') {
    const url =
      part.image_url ?? refuse(`${path}.image_url`, `No image: '${path}' has neither a URL nor a known file.`);
    return [readUrl('image', url, { param: `${path}.image_url` })];
  }
  const { file_data: data, file_url: url, filename } = part;
  const name = filename ?? undefined;
  if (url) return [readLink('document', url, `${path}.file_url`)];
  if (!data) return refuse(`${path}.file_id`, `No file: '${path}' has neither data nor a URL.`);
  if (name === undefined) refuse(`${path}.filename`, `Missing required parameter: '${path}.filename'.`);
  const param = `${path}.file_data`;
  return data.startsWith('data:')
    ? [readUrl('document', data, { param, name })]
    : [readAttachment({ kind: 'document', mediaType: 'application/pdf', data, param, name })];
}

function readTools({ tools, tool_choice: choice }: ResponsesRequest): Prompt['tools'] {
  if (choice === 'none') return [];
  const wanted = typeof choice === 'object' && choice?.type === 'function' ? choice.name : undefined;
  return (tools ?? [])
    .flatMap((tool) => (tool.type === 'namespace' ? tool.tools : [tool]))
    .flatMap((tool) => (tool.type === 'function' ? [{ name: tool.name, schema: tool.parameters ?? undefined }] : []))
    .filter(({ name }) => wanted === undefined || name === wanted);
}

function readOutput({ text }: ResponsesRequest): StructuredOutput {
  const member = 'text.format';
  if (text?.format?.type === 'json_schema') return { member, schema: text.format.schema };
  return text?.format?.type === 'json_object' ? { member, schema: anyObjectSchema } : { member };
}
