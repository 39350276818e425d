import {
  canonicalJson,
  count,
  demand,
  json,
  type Json,
  Lines,
  object,
  objects,
  type SeenAnswer,
  type SeenUsage,
  string,
} from '../seen.ts';
import { sseEvents } from './sse.ts';

/** https://platform.openai.com/docs/api-reference/chat/object */
export function readOpenAiChatAnswer(body: Json): SeenAnswer {
  demand(body['object'] === 'chat.completion' && /\S/.test(string(body['id'])), 'a completion with an id', body);
  demand(Number.isSafeInteger(body['created']), 'created in seconds', body['created']);
  const [choice, ...others] = objects(body['choices']);
  demand(choice !== undefined && others.length === 0 && choice['index'] === 0, 'one choice', body);
  const message = object(choice['message']);
  demand(message['role'] === 'assistant', 'the assistant', message);
  const answer = new ChatAnswer();
  answer.delta(message);
  for (const call of objects(message['tool_calls'] ?? [])) {
    const { name, arguments: written } = object(call['function']);
    demand(call['type'] === 'function', 'a function', call);
    answer.calls.push({ id: string(call['id']), name: string(name), written: string(written) });
  }
  return answer.seen(string(choice['finish_reason']), usageOf(body['usage']));
}

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export function readOpenAiChatStream(bytes: Buffer): SeenAnswer {
  const events = sseEvents(bytes);
  const chunks = events.filter(({ data }) => data !== '[DONE]').map(({ data }) => json(data));
  const last = chunks.at(-1) ?? {};
  const answer = new ChatAnswer();
  if (last['error'] !== undefined) {
    for (const chunk of chunks.slice(0, -1)) readChunk(chunk, answer, chunks);
    return { ...answer.seen('error', undefined), error: string(object(last['error'])['message']) };
  }
  demand(events.at(-1)?.data === '[DONE]', '[DONE] at the end', events.at(-1)?.data);
  demand(events.length === chunks.length + 1, 'one [DONE]');
  const finishes = chunks.flatMap((chunk, index) => {
    const [choice] = objects(chunk['choices']);
    return (choice?.['finish_reason'] ?? null) === null ? [] : [{ index, reason: string(choice?.['finish_reason']) }];
  });
  demand(finishes.length === 1, 'one finish reason', finishes);
  const [finish] = finishes;
  const usages = chunks.filter(({ usage }) => (usage ?? null) !== null);
  demand(usages.length <= 1 && (usages[0] ?? last) === last, 'usage in the last chunk alone');
  for (const [index, chunk] of chunks.entries()) {
    const held = readChunk(chunk, answer, chunks);
    demand(index <= (finish?.index ?? -1) || !held, 'no content behind the finish', chunk);
  }
  return answer.seen(finish?.reason ?? '', usageOf(last['usage']));
}

/** Whether it carried anything of the answer. */
function readChunk(chunk: Json, answer: ChatAnswer, chunks: readonly Json[]): boolean {
  demand(chunk['object'] === 'chat.completion.chunk', 'a chunk', chunk);
  for (const member of ['id', 'created', 'model']) {
    demand(chunk[member] === chunks[0]?.[member] && chunk[member] !== undefined, `one ${member} in all chunks`, chunk);
  }
  const choices = objects(chunk['choices']);
  demand(choices.length <= 1, 'one choice', choices);
  demand(choices.length === 1 || (chunk['usage'] ?? null) !== null, 'usage in a chunk without choices', chunk);
  const [choice] = choices;
  if (choice === undefined) return false;
  const delta = object(choice['delta']);
  demand(chunk !== chunks[0] || delta['role'] === 'assistant', 'the role in the first delta', delta);
  demand(chunk === chunks[0] || delta['role'] === undefined, 'the role in the first delta alone', delta);
  const held = answer.delta(delta);
  for (const call of objects(delta['tool_calls'] ?? [])) {
    const at = count(call['index']);
    const { name, arguments: written } = object(call['function']);
    demand(at <= answer.calls.length, 'indexes without gaps', call);
    if (at === answer.calls.length) {
      demand(call['type'] === 'function', 'a type in the first delta of a call', call);
      answer.calls.push({ id: string(call['id']), name: string(name), written: '' });
    } else demand(call['id'] === undefined && name === undefined, 'the id once', call);
    const known = answer.calls[at];
    if (known !== undefined) known.written += (written as string | undefined) ?? '';
  }
  return held || objects(delta['tool_calls'] ?? []).length > 0;
}

class ChatAnswer {
  readonly #lines = new Lines();
  readonly #states = new Map<unknown, string>();
  readonly calls: { id: string; name: string; written: string }[] = [];
  #refused = false;

  delta(delta: Json): boolean {
    const { content, refusal, reasoning_content: reasoning, reasoning_details: details } = delta;
    for (const detail of objects(details ?? [])) {
      const piece = detail['signature'] ?? detail['data'];
      if (typeof piece === 'string')
        this.#states.set(detail['index'], (this.#states.get(detail['index']) ?? '') + piece);
    }
    this.#lines.text('reasoning', (reasoning as string | undefined) ?? '');
    this.#lines.text('text', (content as string | null | undefined) ?? '');
    this.#lines.text('refusal', (refusal as string | null | undefined) ?? '');
    this.#refused ||= ((refusal as string | null | undefined) ?? '') !== '';
    return [content, refusal, reasoning].some((piece) => (piece ?? '') !== '');
  }

  seen(reason: string, usage: SeenUsage | undefined): SeenAnswer {
    const unfinished = reason === 'error' || reason === 'length';
    for (const { name, written } of this.calls) {
      this.#lines.line(`call ${name} ${unfinished ? written : canonicalJson(object(JSON.parse(written)))}`);
    }
    const known = {
      stop: 'stop',
      length: 'length',
      tool_calls: 'tool_calls',
      content_filter: 'refused',
      error: 'error',
    };
    const finish = known[reason as keyof typeof known] as SeenAnswer['finish'] | undefined;
    demand(finish !== undefined, 'a known finish reason', reason);
    return {
      content: this.#lines.lines,
      finish: this.#refused && finish !== 'error' ? 'refused' : finish,
      callIds: this.calls.map(({ id }) => id),
      states: [...this.#states.values()],
      usage,
    };
  }
}

function usageOf(value: unknown): SeenUsage | undefined {
  if (value === undefined || value === null) return undefined;
  const usage = object(value);
  const input = object(usage['prompt_tokens_details'] ?? {});
  const output = object(usage['completion_tokens_details'] ?? {});
  const seen = {
    input: count(usage['prompt_tokens']),
    cacheRead: count(input['cached_tokens'] ?? 0),
    cacheWrite: count(input['cache_write_tokens'] ?? 0),
    output: count(usage['completion_tokens']),
    reasoning: count(output['reasoning_tokens'] ?? 0),
  };
  demand(usage['total_tokens'] === seen.input + seen.output, 'a total that is the sum', usage);
  return seen;
}
