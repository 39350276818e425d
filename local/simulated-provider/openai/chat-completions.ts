import * as z from 'zod';
import { createAnswer, type Prompt } from './answer.ts';
import { buildCompletion, streamChunks } from './chat-completion-answer.ts';
import { type Exchange, refuseOnPurpose, sendEvents, sendWhole } from './exchange.ts';
import { parseBody } from './json.ts';
import { requireModel } from './models.ts';
import { Refusal } from './refusal.ts';

const chatRequest = z.object({
  model: z.string().min(1),
  messages: z
    .array(
      z.object({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
        content: z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]).nullish(),
      }),
    )
    .min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  n: z.int().min(1).max(128).nullish(),
  tools: z
    .array(
      z.object({
        type: z.string(),
        function: z.object({ name: z.string(), parameters: z.unknown().optional() }).optional(),
      }),
    )
    .nullish(),
  tool_choice: z
    .union([z.string(), z.object({ type: z.string(), function: z.object({ name: z.string() }).optional() })])
    .nullish(),
});
type ChatRequest = z.infer<typeof chatRequest>;

/** `POST /v1/chat/completions`, as OpenAI answers it. */
export async function answerChatCompletion(exchange: Exchange): Promise<void> {
  const request = parseBody(chatRequest, exchange.body);
  refuseContradictions(request);
  const model = requireModel(request.model, (id) => id !== 'embedding');
  await refuseOnPurpose(model, exchange);

  const prompt = readPrompt(request);
  const answer = createAnswer(prompt, model, exchange.prefixCache);
  const completion = { model: model.name, choices: prompt.choices };
  if (!request.stream) return sendWhole(exchange, answer, buildCompletion(completion, answer));
  const includeUsage = request.stream_options?.include_usage === true;
  return sendEvents(exchange, answer, streamChunks({ ...completion, includeUsage }, answer, exchange.signal));
}

/** Pairs of members that OpenAI does not take together. */
function refuseContradictions(request: ChatRequest): void {
  if (request.stream_options && !request.stream) {
    const message = "'stream_options' is only allowed when 'stream' is true.";
    throw new Refusal('invalid-request', message, { param: 'stream_options' });
  }
  if (typeof request.max_tokens === 'number' && typeof request.max_completion_tokens === 'number') {
    const message = "'max_tokens' and 'max_completion_tokens' cannot both be set.";
    throw new Refusal('invalid-request', message, { param: 'max_tokens' });
  }
}

function readPrompt(request: ChatRequest): Prompt {
  return {
    messages: request.messages.map(({ role, content }) => ({
      role: role === 'developer' ? 'system' : role === 'function' ? 'tool' : role,
      text: typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join(''),
    })),
    tools: readTools(request),
    maximumTokens: request.max_completion_tokens ?? request.max_tokens ?? Infinity,
    choices: request.n ?? 1,
    cachePolicy: 'automatic',
  };
}

function readTools({ tools, tool_choice: choice }: ChatRequest): Prompt['tools'] {
  if (choice === 'none') return [];
  const wanted = typeof choice === 'object' ? choice?.function?.name : undefined;
  return (tools ?? [])
    .flatMap(({ function: declared }) => (declared ? [{ name: declared.name, schema: declared.parameters }] : []))
    .filter(({ name }) => wanted === undefined || name === wanted);
}
