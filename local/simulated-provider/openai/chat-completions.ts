import { createAnswer } from '../answer.ts';
import { type Exchange, sendEvents, sendWhole } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { readAttachment, readUrl } from '../media.ts';
import { type RequestedModel, requireModel } from '../models.ts';
import { anyObjectSchema, type Media, type Prompt, type PromptMessage, type StructuredOutput } from '../prompt.ts';
import { refuse } from '../refusal.ts';
import { buildCompletion, streamChunks } from './chat-completion-answer.ts';
import { type ChatMessage, chatRequest, type ChatRequest } from './chat-request.ts';
import { checkChatRequest } from './check-chat.ts';

/** `POST /v1/chat/completions`, as OpenAI answers it. */
export async function answerChatCompletion(exchange: Exchange): Promise<void> {
  const request = parseBody(chatRequest, exchange.body);
  checkChatRequest(request);
  const model = requireModel(request.model, 'text');
  requireReasoning(request, model);

  const prompt = readPrompt(request);
  const answer = createAnswer(prompt, model, exchange.prefixCache);
  const logprobs = request.logprobs === true ? (request.top_logprobs ?? 0) : undefined;
  const completion = { model: model.name, choices: prompt.choices, logprobs };
  if (!request.stream) return sendWhole(exchange, answer, buildCompletion(completion, answer));
  const includeUsage = request.stream_options?.include_usage === true;
  return sendEvents(exchange, answer, streamChunks({ ...completion, includeUsage }, answer, exchange.signal));
}

/** Chat has no signatures; vendors who want anything back want the text: https://api-docs.deepseek.com/guides/thinking_mode */
function requireReasoning({ messages }: ChatRequest, model: RequestedModel): void {
  if (model.id !== 'reasoning' || model.parameters.strict !== 1) return;
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant' || message.tool_calls === undefined || message.reasoning_content) continue;
    const path = `messages[${index}].reasoning_content`;
    refuse(path, `Missing 'reasoning_content' field in the assistant message at message index ${index}.`);
  }
}

function readPrompt(request: ChatRequest): Prompt {
  return {
    messages: request.messages.map(readMessage),
    tools: readTools(request),
    parallelCalls: request.parallel_tool_calls ?? true,
    maximumTokens: request.max_completion_tokens ?? request.max_tokens ?? Infinity,
    stopSequences: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []),
    output: readOutput(request),
    choices: request.n ?? 1,
    cachePolicy: 'automatic',
  };
}

const roles: Readonly<Record<ChatMessage['role'], PromptMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

function readMessage({ role, content }: ChatMessage, index: number): PromptMessage {
  const parts = Array.isArray(content) ? content : [];
  return {
    role: roles[role],
    text: typeof content === 'string' ? content : parts.map((part) => ('text' in part ? part.text : '')).join(''),
    media: parts.flatMap((part, at) => readMedia(part, `messages[${index}].content[${at}]`)),
  };
}

type Part = Exclude<ChatMessage['content'], string | null | undefined>[number];

function readMedia(part: Part, path: string): Media[] {
  if (part.type === 'image_url') return [readUrl('image', part.image_url.url, { param: `${path}.image_url.url` })];
  if (part.type !== 'file') return [];
  const { file_data: data, file_id: id, filename } = part.file;
  const param = `${path}.file.file_data`;
  if (data !== undefined && filename === undefined)
    refuse(`${path}.file.filename`, "Missing required parameter: 'filename'.");
  if (data?.startsWith('data:')) return [readUrl('document', data, { param, name: filename })];
  if (data !== undefined) {
    return [readAttachment({ kind: 'document', mediaType: 'application/pdf', data, param, name: filename })];
  }
  return refuse(`${path}.file`, `No file with the id '${id ?? ''}' exists.`);
}

function readTools({ tools, tool_choice: choice }: ChatRequest): Prompt['tools'] {
  if (choice === 'none') return [];
  const wanted = typeof choice === 'object' && choice?.type === 'function' ? choice.function.name : undefined;
  return (tools ?? [])
    .flatMap((tool) =>
      tool.type === 'function' ? [{ name: tool.function.name, schema: tool.function.parameters ?? undefined }] : [],
    )
    .filter(({ name }) => wanted === undefined || name === wanted);
}

function readOutput({ response_format: format }: ChatRequest): StructuredOutput {
  const member = 'response_format';
  if (format?.type === 'json_schema') return { member, schema: format.json_schema.schema ?? anyObjectSchema };
  return format?.type === 'json_object' ? { member, schema: anyObjectSchema } : { member };
}
