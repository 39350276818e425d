import type { StreamDecoder, WireEvent } from '../../canonical/codec.ts';
import { given } from '../../canonical/read.ts';
import type { Reading } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { finishReason } from './finish-reason.ts';
import { readCitation } from './read-citation.ts';
import { stopSequence } from './stop-sequence.ts';
import { readStreamError } from './stream-error.ts';
import { readUsage } from './usage.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is known of the open block: parts of it count only once they are whole. */
interface OpenBlock {
  /** A call of a tool that Bedrock runs itself, or its result. */
  readonly isServerTool: boolean;
  readonly imageFormat: string | undefined;
  signature: string;
  readonly blobs: string[];
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export class ConverseStreamDecoder implements StreamDecoder {
  readonly #open = new Map<number, OpenBlock>();

  decode(event: WireEvent): readonly Reading[] {
    const fields = parse(event.data);
    if (event.isError === true || event.name?.endsWith('Exception') === true || fields === undefined) {
      return [{ type: 'error', error: readStreamError(event.name, fields) }];
    }
    switch (event.name) {
      case 'messageStart':
        return [{ type: 'start' }];
      case 'contentBlockStart':
        return this.#start(indexOf(fields), fields['start']);
      case 'contentBlockDelta':
        return this.#delta(indexOf(fields), fields['delta']);
      case 'contentBlockStop':
        return this.#stop(indexOf(fields));
      case 'messageStop': {
        const unstopped = [...this.#open.keys()].flatMap((index) => this.#stop(index));
        const reason = finishReason(fields['stopReason']);
        return [...unstopped, { type: 'finish', choice: 0, reason, ...given('stopSequence', stopSequence(fields)) }];
      }
      case 'metadata': {
        const usage = readUsage(fields['usage']);
        return [...(usage === undefined ? [] : [{ type: 'usage', usage } as const]), { type: 'end' }];
      }
      default:
        return [];
    }
  }

  #start(index: number, start: unknown): readonly Reading[] {
    const { toolUse, toolResult, image } = isObject(start) ? start : {};
    const isServerCall = isObject(toolUse) && toolUse['type'] === 'server_tool_use';
    const format = isObject(image) ? image['format'] : undefined;
    this.#open.set(index, {
      isServerTool: isServerCall || isObject(toolResult),
      imageFormat: typeof format === 'string' ? format : undefined,
      signature: '',
      blobs: [],
    });
    if (isServerCall || !isObject(toolUse) || typeof toolUse['name'] !== 'string') return [];
    const id = typeof toolUse['toolUseId'] === 'string' ? toolUse['toolUseId'] : undefined;
    return [{ type: 'tool-call', choice: 0, key: index, name: toolUse['name'], ...given('id', id) }];
  }

  #delta(index: number, delta: unknown): readonly Reading[] {
    const block = this.#blockAt(index);
    if (block.isServerTool || !isObject(delta)) return [];
    const { text, toolUse, reasoningContent, citation, image } = delta;
    if (typeof text === 'string') return [{ type: 'text', choice: 0, text }];
    if (isObject(toolUse) && typeof toolUse['input'] === 'string') {
      return [{ type: 'tool-arguments', choice: 0, key: index, text: toolUse['input'] }];
    }
    if (isObject(reasoningContent)) return readReasoningDelta(block, reasoningContent);
    if (isObject(image) && isObject(image['source']) && typeof image['source']['bytes'] === 'string') {
      block.blobs.push(image['source']['bytes']);
    }
    const read = readCitation(citation);
    return read === undefined ? [] : [{ type: 'citation', choice: 0, citation: read }];
  }

  #stop(index: number): readonly Reading[] {
    const { imageFormat, signature, blobs } = this.#blockAt(index);
    this.#open.delete(index);
    const whole: Reading[] = [];
    if (signature !== '') {
      const state = { origin: 'anthropic', value: signature } as const;
      whole.push({ type: 'state', choice: 0, of: 'reasoning', state });
    }
    if (blobs.length > 0) whole.push(blobReading(imageFormat, joinBase64(blobs)));
    return [...whole, { type: 'block-end', choice: 0 }];
  }

  /** Text blocks come without a start. */
  #blockAt(index: number): OpenBlock {
    const block = this.#open.get(index) ?? { isServerTool: false, imageFormat: undefined, signature: '', blobs: [] };
    this.#open.set(index, block);
    return block;
  }
}

function readReasoningDelta(block: OpenBlock, { text, signature, redactedContent }: Fields): readonly Reading[] {
  if (typeof signature === 'string') block.signature += signature;
  if (typeof redactedContent === 'string') block.blobs.push(redactedContent);
  return typeof text === 'string' ? [{ type: 'reasoning', choice: 0, text }] : [];
}

function blobReading(imageFormat: string | undefined, data: string): Reading {
  if (imageFormat !== undefined) return { type: 'image', choice: 0, mediaType: `image/${imageFormat}`, data };
  return { type: 'redacted-reasoning', choice: 0, state: { origin: 'bedrock', value: data } };
}

/** Each delta is base64 of its own, with padding of its own. */
function joinBase64(blobs: readonly string[]): string {
  const [only = '', ...more] = blobs;
  return more.length === 0 ? only : Buffer.concat(blobs.map((blob) => Buffer.from(blob, 'base64'))).toString('base64');
}

function indexOf({ contentBlockIndex }: Fields): number {
  return typeof contentBlockIndex === 'number' ? contentBlockIndex : 0;
}

function parse(data: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
