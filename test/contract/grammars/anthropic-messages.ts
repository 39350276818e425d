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

/** https://platform.claude.com/docs/en/api/messages */
export function readAnthropicMessagesAnswer(body: Json): SeenAnswer {
  demandMessage(body);
  return seenOf(objects(body['content']), body, usageOf(object(body['usage'])));
}

function demandMessage(message: Json): void {
  demand(message['type'] === 'message' && message['role'] === 'assistant', 'a message', message);
  demand(/\S/.test(string(message['id'])) && /\S/.test(string(message['model'])), 'an id and a model', message);
}

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
export function readAnthropicMessagesStream(bytes: Buffer): SeenAnswer {
  const [start, ...rest] = toldEvents(bytes);
  const last = rest.pop();
  demand(start?.['type'] === 'message_start', 'message_start first', start);
  const message = object(start['message']);
  demandMessage(message);
  demand(objects(message['content']).length === 0 && message['stop_reason'] === null, 'an empty message', message);
  const counts = object(message['usage']);
  for (const name of ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'output_tokens']) {
    count(counts[name]);
  }
  if (last?.['type'] === 'error') {
    const blocks = readBlocks(rest, { whole: false });
    const error = string(object(last['error'])['message']);
    return { ...seenOf(blocks, { stop_reason: 'error' }, undefined), error };
  }
  demand(last?.['type'] === 'message_stop', 'message_stop last', last);
  const end = rest.pop();
  demand(end?.['type'] === 'message_delta', 'message_delta before message_stop', end);
  const known = Object.entries(object(end['usage'])).filter(([, value]) => value !== null);
  const usage = usageOf({ ...counts, ...Object.fromEntries(known) });
  return seenOf(readBlocks(rest, { whole: true }), object(end['delta']), usage);
}

/** The blocks of a whole stream. */
export function readAnthropicBlocks(bytes: Buffer): readonly Json[] {
  return readBlocks(toldEvents(bytes).slice(1, -2), { whole: true });
}

function toldEvents(bytes: Buffer): Json[] {
  const events = sseEvents(bytes).map(({ name, data }) => {
    const event = json(data);
    demand(event['type'] === name, 'the type as the name of the event', name);
    return event;
  });
  return events.filter(({ type }) => type !== 'ping');
}

const deltaKinds: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  redacted_thinking: [],
  tool_use: ['input_json_delta'],
};

function readBlocks(events: readonly Json[], { whole }: { whole: boolean }): Json[] {
  const blocks: Record<string, unknown>[] = [];
  let open: Record<string, unknown> | undefined;
  let written = '';
  for (const event of events) {
    const index = count(event['index']);
    if (event['type'] === 'content_block_start') {
      demand(open === undefined && index === blocks.length, 'blocks one after the other', event);
      open = { ...object(event['content_block']) };
      written = '';
      blocks.push(open);
      demand(deltaKinds[String(open['type'])] !== undefined, 'a kind of block', open);
      demand((open['signature'] ?? '') === '', 'the signature in a delta of its own', open);
      continue;
    }
    demand(open !== undefined && index === blocks.length - 1, 'an open block', event);
    if (event['type'] === 'content_block_stop') {
      if (open['type'] === 'tool_use') open['input'] = object(JSON.parse(written || '{}'));
      open = undefined;
      continue;
    }
    demand(event['type'] === 'content_block_delta', 'a delta', event);
    const delta = object(event['delta']);
    demand(deltaKinds[String(open['type'])]?.includes(String(delta['type'])) === true, 'a delta of its block', event);
    demand(
      open['type'] !== 'thinking' || open['signature'] === '' || open['signature'] === undefined,
      'signature last',
      event,
    );
    if (delta['type'] === 'text_delta') open['text'] = string(open['text']) + string(delta['text']);
    if (delta['type'] === 'thinking_delta') open['thinking'] = string(open['thinking']) + string(delta['thinking']);
    if (delta['type'] === 'signature_delta') open['signature'] = string(delta['signature']);
    if (delta['type'] === 'input_json_delta') written += string(delta['partial_json']);
  }
  demand(open === undefined || !whole, 'every block stopped', open);
  return blocks;
}

function seenOf(blocks: readonly Json[], end: Json, usage: SeenUsage | undefined): SeenAnswer {
  const lines = new Lines();
  const finish = finishOf(end);
  for (const block of blocks) {
    if (block['type'] === 'thinking') lines.text('reasoning', string(block['thinking']));
    if (block['type'] === 'text') lines.text(finish === 'refused' ? 'refusal' : 'text', string(block['text']));
    if (block['type'] === 'tool_use')
      lines.line(`call ${string(block['name'])} ${canonicalJson(object(block['input']))}`);
  }
  const states = blocks.flatMap(({ type, signature, data }) =>
    type === 'thinking' ? [string(signature)] : type === 'redacted_thinking' ? [string(data)] : [],
  );
  const stopSequence = end['stop_sequence'];
  return {
    content: lines.lines,
    finish,
    callIds: blocks.flatMap(({ type, id }) => (type === 'tool_use' ? [string(id)] : [])),
    states: states.filter((state) => state !== ''),
    usage,
    ...(typeof stopSequence === 'string' && { stopSequence }),
  };
}

function finishOf({ stop_reason: reason, stop_sequence: sequence }: Json): SeenAnswer['finish'] {
  demand((reason === 'stop_sequence') === (typeof sequence === 'string'), 'the sequence that stopped it', sequence);
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'max_tokens':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'refused';
    case 'error':
      return 'error';
    default:
      demand(false, 'a known stop reason', reason);
  }
}

function usageOf(usage: Json): SeenUsage {
  const cacheRead = count(usage['cache_read_input_tokens']);
  const cacheWrite = count(usage['cache_creation_input_tokens']);
  const details = object(usage['output_tokens_details'] ?? {});
  return {
    input: count(usage['input_tokens']) + cacheRead + cacheWrite,
    cacheRead,
    cacheWrite,
    output: count(usage['output_tokens']),
    reasoning: count(details['thinking_tokens'] ?? 0),
  };
}
