import type { StreamDecoder, WireEvent } from '../../canonical/codec.ts';
import type { AssistantPart } from '../../canonical/request.ts';
import type { Reading } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { readResponsesFinish, readResponsesUsage } from '../../openai-responses-facts.ts';
import { readAnnotation } from './citations.ts';
import { decodeOutputItem } from './decode-output.ts';
import { readLogprobs } from './logprobs.ts';
import { readReasoningState } from './reasoning.ts';

type Fields = Readonly<Record<string, unknown>>;

const choice = 0;

/** https://platform.openai.com/docs/api-reference/responses-streaming. Events without a meaning here, and unknown ones, are skipped. */
export class ResponsesStreamDecoder implements StreamDecoder {
  /** Indices of items that came in pieces; the others are read when they are done. */
  readonly #streamed = new Set<unknown>();
  readonly #done = new Set<unknown>();

  decode({ name, data }: WireEvent): readonly Reading[] {
    // Not of this protocol, but some inference servers send it out of habit.
    if (data.trim() === '[DONE]') return [{ type: 'end' }];
    const event = parse(data);
    if (!isObject(event)) return [{ type: 'error', error: undefined }];
    const type = event['type'] ?? name;
    return typeof type === 'string' ? this.#read(type, event) : [];
  }

  #read(type: string, event: Fields): readonly Reading[] {
    switch (type) {
      case 'response.created':
        return [startOf(event['response'])];
      case 'response.output_item.added':
        return this.#readAdded(event);
      case 'response.output_text.delta':
        return this.#streaming(event, [
          { type: 'text', choice, text: textOf(event['delta']) },
          { type: 'logprobs', choice, logprobs: readLogprobs(event['logprobs']) },
        ]);
      case 'response.refusal.delta':
        return this.#streaming(event, [{ type: 'refusal', choice, text: textOf(event['delta']) }]);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#streaming(event, [{ type: 'reasoning', choice, text: textOf(event['delta']) }]);
      case 'response.reasoning_summary_part.added':
        // Paragraphs of one summary.
        return Number(event['summary_index']) > 0 ? [{ type: 'reasoning', choice, text: '\n\n' }] : [];
      case 'response.function_call_arguments.delta':
        return this.#streaming(event, [
          { type: 'tool-arguments', choice, key: keyOf(event), text: textOf(event['delta']) },
        ]);
      case 'response.output_text.annotation.added': {
        const citation = readAnnotation(event['annotation']);
        return citation === undefined ? [] : [{ type: 'citation', choice, citation }];
      }
      case 'response.content_part.done':
        // What follows of the same kind is another text; the state of a reasoning text is still to come.
        return isObject(event['part']) && event['part']['type'] === 'reasoning_text'
          ? []
          : [{ type: 'block-end', choice }];
      case 'response.output_item.done':
        return this.#readDone(event['item'], event['output_index']);
      case 'response.completed':
      case 'response.incomplete':
        return this.#readEnd(event['response']);
      case 'response.failed':
        return [{ type: 'error', error: { error: isObject(event['response']) ? event['response']['error'] : null } }];
      case 'error':
        return [{ type: 'error', error: isObject(event['error']) ? event : { error: event } }];
      default:
        return [];
    }
  }

  #streaming(event: Fields, readings: readonly Reading[]): readonly Reading[] {
    this.#streamed.add(event['output_index']);
    return readings;
  }

  #readAdded(event: Fields): readonly Reading[] {
    const { item } = event;
    if (!isObject(item) || item['type'] !== 'function_call') return [];
    const id = textOf(item['call_id']);
    return [{ type: 'tool-call', choice, key: keyOf(event), id, name: textOf(item['name']) }];
  }

  #readDone(item: unknown, index: unknown): readonly Reading[] {
    if (this.#done.has(index) || !isObject(item)) return [];
    this.#done.add(index);
    const end: Reading = { type: 'block-end', choice };
    if (!this.#streamed.has(index)) return decodeOutputItem(item).flatMap((part) => [...readPart(part, index), end]);
    const state = item['type'] === 'reasoning' ? readReasoningState(item) : undefined;
    return [...(state === undefined ? [] : [{ type: 'state', choice, of: 'reasoning', state } as const]), end];
  }

  #readEnd(response: unknown): readonly Reading[] {
    if (!isObject(response)) return [{ type: 'end' }];
    const output = Array.isArray(response['output']) ? response['output'] : [];
    const usage = readResponsesUsage(response['usage']);
    return [
      ...output.flatMap((item, index) => (this.#streamed.has(index) ? [] : this.#readDone(item, index))),
      ...(usage === undefined ? [] : [{ type: 'usage', usage } as const]),
      { type: 'finish', choice, reason: readResponsesFinish(response) ?? 'other' },
      { type: 'end' },
    ];
  }
}

/** A part that came as a whole. */
function readPart(part: AssistantPart, index: unknown): readonly Reading[] {
  switch (part.type) {
    case 'text':
      return [
        { type: 'text', choice, text: part.text },
        ...(part.citations ?? []).map((citation) => ({ type: 'citation', choice, citation }) as const),
      ];
    case 'refusal':
      return [{ type: 'refusal', choice, text: part.text }];
    case 'reasoning':
      return [
        { type: 'reasoning', choice, text: part.text },
        ...(part.state === undefined ? [] : [{ type: 'state', choice, of: 'reasoning', state: part.state } as const]),
      ];
    case 'redacted-reasoning':
      return [{ type: 'redacted-reasoning', choice, state: part.state }];
    case 'tool-call': {
      const key = keyOf({ output_index: index });
      return [
        { type: 'tool-call', choice, key, id: part.id, name: part.name },
        { type: 'tool-arguments', choice, key, text: part.arguments },
      ];
    }
    case 'image':
      if (part.source.kind !== 'base64') return [];
      return [{ type: 'image', choice, mediaType: part.source.mediaType, data: part.source.data }];
  }
}

function startOf(response: unknown): Reading {
  const model = isObject(response) ? response['model'] : undefined;
  return { type: 'start', ...(typeof model === 'string' && { model }) };
}

function keyOf({ output_index: index, item_id: id }: Fields): string | number {
  return typeof index === 'number' ? index : textOf(id);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
