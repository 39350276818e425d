import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { createAnswer, type Prompt, type PromptMessage } from './answer.ts';
import type { CachePolicy } from './count-usage.ts';
import { type Exchange, refuseOnPurpose, sendEvents, sendWhole } from './exchange.ts';
import { parseBody } from './json.ts';
import { buildMessage, streamMessage } from './message-answer.ts';
import { requireModel } from './models.ts';
import { Refusal } from './refusal.ts';

const cacheControl = z.object({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish();
const textBlock = z.object({ type: z.string(), text: z.string().optional(), cache_control: cacheControl });
const block = textBlock.extend({
  content: z
    .union([z.string(), z.array(textBlock)])
    .optional()
    .catch(undefined),
});

const messagesRequest = z.object({
  model: z.string().min(1),
  max_tokens: z.int().positive(),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  messages: z
    .array(z.object({ role: z.enum(['user', 'assistant']), content: z.union([z.string(), z.array(block)]) }))
    .min(1),
  stream: z.boolean().optional(),
  tools: z
    .array(z.object({ name: z.string(), input_schema: z.unknown().optional(), cache_control: cacheControl }))
    .optional(),
  tool_choice: z.object({ type: z.enum(['auto', 'any', 'tool', 'none']), name: z.string().optional() }).optional(),
  cache_control: cacheControl,
});
type MessagesRequest = z.infer<typeof messagesRequest>;

/** `POST /v1/messages`, as Anthropic answers it. */
export async function answerMessage(exchange: Exchange): Promise<void> {
  if (exchange.headers['anthropic-version'] === undefined) {
    throw new Refusal('invalid-request', 'anthropic-version: header is required');
  }
  const request = parseBody(messagesRequest, exchange.body);
  const model = requireModel(request.model, (id) => id !== 'embedding');
  await refuseOnPurpose(model, exchange);

  const answer = createAnswer(readPrompt(request), model, exchange.prefixCache);
  const message = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model: model.name };
  return request.stream
    ? sendEvents(exchange, answer, streamMessage(message, answer, exchange.signal))
    : sendWhole(exchange, answer, buildMessage(message, answer));
}

function readPrompt(request: MessagesRequest): Prompt {
  const system: PromptMessage[] =
    request.system === undefined ? [] : [{ role: 'system', text: readText(request.system) }];
  return {
    messages: [...system, ...request.messages.map(readMessage)],
    tools: readTools(request),
    maximumTokens: request.max_tokens,
    choices: 1,
    cachePolicy: readCachePolicy(request),
  };
}

function readMessage({ role, content }: MessagesRequest['messages'][number]): PromptMessage {
  const hasToolResult = typeof content !== 'string' && content.some(({ type }) => type === 'tool_result');
  return { role: hasToolResult ? 'tool' : role, text: readText(content) };
}

/** All text of a message, that of tool results included. */
function readText(content: string | readonly z.infer<typeof block>[]): string {
  if (typeof content === 'string') return content;
  return content.map(({ text, content: nested }) => text ?? (nested === undefined ? '' : readText(nested))).join('');
}

function readTools({ tools = [], tool_choice: choice }: MessagesRequest): Prompt['tools'] {
  if (choice?.type === 'none') return [];
  return tools
    .filter(({ name }) => choice?.type !== 'tool' || name === choice.name)
    .map(({ name, input_schema: schema }) => ({ name, schema }));
}

/** One marker anywhere is enough; the longest lifetime asked for wins. */
function readCachePolicy({ system, messages, tools = [], ...request }: MessagesRequest): CachePolicy {
  const blocks = [system, ...messages.map(({ content }) => content)].flatMap((content) =>
    typeof content === 'object' ? content : [],
  );
  const markers = [request, ...tools, ...blocks].flatMap(({ cache_control: marker }) => (marker ? [marker] : []));
  if (markers.length === 0) return 'none';
  return markers.some(({ ttl }) => ttl === '1h') ? '1h' : '5m';
}
