import type { ClientProtocol } from './cases.ts';
import { readAnthropicBlocks } from './grammars/anthropic-messages.ts';
import { readResponsesEvents } from './grammars/openai-responses-events.ts';
import { sseEvents } from './grammars/sse.ts';
import { json, type Json, object, objects, string } from './seen.ts';

/** A client that goes on with a conversation as its vendor's SDK does: it sends back what it got, with results of the calls. */
interface Client {
  /** What it keeps of a whole answer, of a streamed one, in its own messages. */
  keep(answer: Json): readonly Json[];
  keepStream(bytes: Buffer): readonly Json[];
  next(request: Json, kept: readonly Json[], result: string): Json;
}

export const clients: Readonly<Record<ClientProtocol, Client>> = {
  'openai-chat': {
    keep: (answer) => [object(objects(answer['choices'])[0]?.['message'])],
    keepStream: (bytes) => [chatMessage(bytes)],
    next: (request, kept, result) => {
      const results = objects(kept[0]?.['tool_calls']).map(({ id }) => ({
        role: 'tool',
        tool_call_id: id,
        content: result,
      }));
      return { ...request, messages: [...objects(request['messages']), ...kept, ...results] };
    },
  },
  'openai-responses': {
    keep: (answer) => objects(answer['output']),
    keepStream: (bytes) => readResponsesEvents(bytes).streamed,
    next: (request, kept, result) => {
      const results = kept
        .filter(({ type }) => type === 'function_call')
        .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: result }));
      return { ...request, input: [...objects(request['input']), ...kept, ...results] };
    },
  },
  'anthropic-messages': {
    keep: (answer) => [{ role: 'assistant', content: answer['content'] }],
    keepStream: (bytes) => [{ role: 'assistant', content: readAnthropicBlocks(bytes) }],
    next: (request, kept, result) => {
      const results = objects(kept[0]?.['content'])
        .filter(({ type }) => type === 'tool_use')
        .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: result }));
      return { ...request, messages: [...objects(request['messages']), ...kept, { role: 'user', content: results }] };
    },
  },
  gemini: {
    keep: (answer) => [object(objects(answer['candidates'])[0]?.['content'])],
    // A content for each event, as the SDK's chats keep them.
    keepStream: (bytes) => geminiContents(bytes),
    next: (request, kept, result) => {
      const parts = kept
        .flatMap((content) => objects(content['parts'] ?? []))
        .filter(({ functionCall }) => functionCall !== undefined)
        .map(({ functionCall }) => {
          const { id, name } = object(functionCall);
          return { functionResponse: { ...(id !== undefined && { id }), name, response: { output: result } } };
        });
      return { ...request, contents: [...objects(request['contents']), ...kept, { role: 'user', parts }] };
    },
  },
};

function geminiContents(bytes: Buffer): Json[] {
  return sseEvents(bytes).map(({ data }) => object(objects(json(data)['candidates'])[0]?.['content']));
}

/** Deltas add up: texts are joined, entries of lists by their index. */
function chatMessage(bytes: Buffer): Json {
  let message: Record<string, unknown> = {};
  for (const { data } of sseEvents(bytes)) {
    const [choice] = data === '[DONE]' ? [] : objects(json(data)['choices']);
    if (choice !== undefined) message = added(message, object(choice['delta']));
  }
  return message;
}

/** Members that name something are sent once or repeated, never continued. */
const names = new Set(['role', 'type', 'id', 'name', 'format', 'index']);

function added(base: Json, delta: Json): Record<string, unknown> {
  const sum: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(delta)) {
    const known = sum[name];
    if (value === null || value === undefined) continue;
    if (Array.isArray(value)) sum[name] = addedList(objects(known ?? []), objects(value));
    else if (typeof value === 'object') sum[name] = added(object(known ?? {}), object(value));
    else sum[name] = typeof known === 'string' && !names.has(name) ? known + string(value) : value;
  }
  return sum;
}

function addedList(base: readonly Json[], deltas: readonly Json[]): Json[] {
  const list = [...base];
  for (const delta of deltas) {
    const at = list.findIndex(({ index }) => index === delta['index']);
    if (at === -1) list.push(added({}, delta));
    else list[at] = added(list[at] ?? {}, delta);
  }
  return list;
}
