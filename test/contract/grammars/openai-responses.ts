import {
  canonicalJson,
  count,
  demand,
  type Json,
  Lines,
  object,
  objects,
  type SeenAnswer,
  type SeenUsage,
  string,
} from '../seen.ts';
import { readResponsesEvents } from './openai-responses-events.ts';

/** https://platform.openai.com/docs/api-reference/responses/object */
export function readOpenAiResponsesAnswer(body: Json): SeenAnswer {
  demand(body['object'] === 'response' && /\S/.test(string(body['id'])), 'a response with an id', body);
  // The SDK's type promises them, and clients read them.
  for (const name of [
    'created_at',
    'model',
    'output',
    'parallel_tool_calls',
    'tool_choice',
    'tools',
    'metadata',
    'text',
  ]) {
    demand(body[name] !== undefined, `"${name}"`, Object.keys(body));
  }
  const items = objects(body['output']);
  const ids = items.map(({ id }) => string(id));
  demand(new Set(ids).size === ids.length, 'an id for each item', ids);
  const lines = new Lines();
  for (const item of items) readItem(item, lines);
  const finish = finishOf(body, items);
  return {
    content: lines.lines,
    finish,
    callIds: items.flatMap(({ type, call_id: id }) => (type === 'function_call' ? [string(id)] : [])),
    states: items.flatMap(({ encrypted_content: state }) => (typeof state === 'string' ? [state] : [])),
    usage: usageOf(body['usage']),
    ...(finish === 'error' && { error: string(object(body['error'])['message']) }),
  };
}

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function readOpenAiResponsesStream(bytes: Buffer): SeenAnswer {
  const { end, streamed } = readResponsesEvents(bytes);
  if (end['type'] === 'error') {
    const lines = new Lines();
    for (const item of streamed) readItem(item, lines);
    const error = string(end['message']);
    return { content: lines.lines, finish: 'error', callIds: [], states: [], usage: undefined, error };
  }
  const response = object(end['response']);
  if (end['type'] !== 'response.failed') {
    demand(canonicalJson(response['output']) === canonicalJson(streamed), 'the items that were streamed', response);
    return readOpenAiResponsesAnswer(response);
  }
  return { ...readOpenAiResponsesAnswer({ ...response, output: streamed }), usage: undefined };
}

function readItem(item: Json, lines: Lines): void {
  switch (item['type']) {
    case 'reasoning':
      for (const part of objects(item['summary'])) lines.text('reasoning', string(part['text']));
      return;
    case 'function_call':
      return lines.line(`call ${string(item['name'])} ${canonicalJson(object(JSON.parse(string(item['arguments']))))}`);
    case 'message':
      demand(item['role'] === 'assistant', 'the assistant', item);
      for (const part of objects(item['content'])) {
        if (part['type'] === 'refusal') lines.text('refusal', string(part['refusal']));
        else {
          demand(part['type'] === 'output_text' && Array.isArray(part['annotations']), 'text with annotations', part);
          lines.text('text', string(part['text']));
        }
      }
      return;
    default:
      demand(false, 'a kind of item', item);
  }
}

function finishOf(body: Json, items: readonly Json[]): SeenAnswer['finish'] {
  switch (body['status']) {
    case 'failed':
      return 'error';
    case 'incomplete':
      return object(body['incomplete_details'])['reason'] === 'max_output_tokens' ? 'length' : 'refused';
    case 'completed':
      demand((body['incomplete_details'] ?? null) === null && (body['error'] ?? null) === null, 'no details', body);
      break;
    default:
      demand(false, 'a status that ends it', body['status']);
  }
  const refused = items.some((item) => objects(item['content'] ?? []).some(({ type }) => type === 'refusal'));
  if (refused) return 'refused';
  return items.some(({ type }) => type === 'function_call') ? 'tool_calls' : 'stop';
}

function usageOf(value: unknown): SeenUsage | undefined {
  if (value === undefined || value === null) return undefined;
  const usage = object(value);
  const seen = {
    input: count(usage['input_tokens']),
    cacheRead: count(object(usage['input_tokens_details'])['cached_tokens']),
    cacheWrite: count(object(usage['input_tokens_details'])['cache_write_tokens'] ?? 0),
    output: count(usage['output_tokens']),
    reasoning: count(object(usage['output_tokens_details'])['reasoning_tokens']),
  };
  demand(usage['total_tokens'] === seen.input + seen.output, 'a total that is the sum', usage);
  return seen;
}
