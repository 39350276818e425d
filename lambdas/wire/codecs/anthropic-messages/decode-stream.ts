import { type Counts, readCounts, readFinishReason, toUsage } from '../../anthropic-answer.ts';
import type { StreamDecoder, WireEvent } from '../../canonical/codec.ts';
import { readProof } from '../../canonical/opaque.ts';
import type { Reading } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { readCitation } from './citations.ts';
import { readRefusal } from './decode-response.ts';

type Fields = Readonly<Record<string, unknown>>;

const choice = 0;

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
export function createStreamDecoder(): StreamDecoder {
  let counts: Counts = {};
  /** Input that came with the start of a call, by the block's index: the whole of it, unless deltas follow. */
  const inputs = new Map<number, string>();
  /** Blocks of tools that Anthropic runs, and of kinds not known here. */
  const skipped = new Set<number>();

  const readUsage = (usage: unknown): readonly Reading[] => {
    counts = { ...counts, ...readCounts(usage) };
    const known = toUsage(counts);
    return known === undefined ? [] : [{ type: 'usage', usage: known }];
  };

  const readStop = (index: number): readonly Reading[] => {
    if (skipped.delete(index)) return [];
    const input = inputs.get(index);
    inputs.delete(index);
    const rest: readonly Reading[] =
      input === undefined ? [] : [{ type: 'tool-arguments', choice, key: index, text: input }];
    return [...rest, { type: 'block-end', choice }];
  };

  const readStart = (index: number, block: Fields): readonly Reading[] => {
    if (block['type'] === 'tool_use' && isObject(block['input']) && Object.keys(block['input']).length > 0) {
      inputs.set(index, JSON.stringify(block['input']));
    }
    const readings = readBlockStart(index, block);
    if (readings === undefined) skipped.add(index);
    return readings ?? [];
  };

  const readDelta = (index: number, delta: Fields): readonly Reading[] => {
    if (skipped.has(index)) return [];
    if (delta['type'] === 'input_json_delta' && textOf(delta['partial_json']) !== '') inputs.delete(index);
    return readBlockDelta(index, delta);
  };

  const decode = ({ name, data }: WireEvent): readonly Reading[] => {
    if (name === 'ping') return [];
    const event = parse(data);
    if (!isObject(event)) return [{ type: 'error', error: undefined }];
    const index = typeof event['index'] === 'number' ? event['index'] : 0;
    switch (event['type'] ?? name) {
      case 'message_start': {
        const message = objectOf(event['message']);
        const { model } = message;
        return [{ type: 'start', ...(typeof model === 'string' && { model }) }, ...readUsage(message['usage'])];
      }
      case 'content_block_start':
        return readStart(index, objectOf(event['content_block']));
      case 'content_block_delta':
        return readDelta(index, objectOf(event['delta']));
      case 'content_block_stop':
        return readStop(index);
      case 'message_delta':
        return [...readUsage(event['usage']), ...readFinish(objectOf(event['delta']))];
      case 'message_stop':
        return [{ type: 'end' }];
      case 'error':
        return [{ type: 'error', error: event }];
      default:
        return [];
    }
  };
  return { decode };
}

/** `undefined` for a block that is not shown. */
function readBlockStart(index: number, block: Fields): readonly Reading[] | undefined {
  switch (block['type']) {
    case 'text':
      return said('text', block['text']);
    case 'thinking':
      return [...said('reasoning', block['thinking']), ...signed(block['signature'])];
    case 'redacted_thinking':
      return [{ type: 'redacted-reasoning', choice, state: { origin: 'anthropic', value: textOf(block['data']) } }];
    case 'tool_use': {
      const { id, name } = block;
      return [{ type: 'tool-call', choice, key: index, ...(typeof id === 'string' && { id }), name: textOf(name) }];
    }
    default:
      return undefined;
  }
}

function readBlockDelta(index: number, delta: Fields): readonly Reading[] {
  switch (delta['type']) {
    case 'text_delta':
      return said('text', delta['text']);
    case 'thinking_delta':
      return said('reasoning', delta['thinking']);
    case 'signature_delta':
      return signed(delta['signature']);
    case 'input_json_delta':
      return [{ type: 'tool-arguments', choice, key: index, text: textOf(delta['partial_json']) }];
    case 'citations_delta': {
      const citation = readCitation(delta['citation']);
      return citation === undefined ? [] : [{ type: 'citation', choice, citation }];
    }
    default:
      return [];
  }
}

function readFinish(delta: Fields): readonly Reading[] {
  const reason = readFinishReason(delta['stop_reason']);
  if (reason === undefined) return [];
  const { stop_sequence: stopSequence } = delta;
  const refusal = readRefusal(delta['stop_details']);
  return [
    ...(refusal === undefined ? [] : [{ type: 'refusal' as const, choice, text: refusal }]),
    { type: 'finish', choice, reason, ...(typeof stopSequence === 'string' && { stopSequence }) },
  ];
}

function said(type: 'text' | 'reasoning', value: unknown): readonly Reading[] {
  const text = textOf(value);
  return text === '' ? [] : [{ type, choice, text }];
}

function signed(signature: unknown): readonly Reading[] {
  const state = readProof(textOf(signature), 'anthropic');
  return state === undefined ? [] : [{ type: 'state', choice, of: 'reasoning', state }];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function objectOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
