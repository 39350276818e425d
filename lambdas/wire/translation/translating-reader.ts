import type { AnswerEnding, AnswerReader } from '../answer-reader.ts';
import { createAssembler } from '../canonical/assemble.ts';
import type { StreamDecoder, StreamEncoder, WireEvent } from '../canonical/codec.ts';
import type { CanonicalEvent, Reading } from '../canonical/response.ts';
import type { EventFraming } from './framing.ts';

const noBytes = Buffer.alloc(0);

interface ReaderParts {
  readonly framing: EventFraming;
  readonly decoder: StreamDecoder;
  readonly encoder: StreamEncoder;
  /** What the ids derive from that are made for tool calls without one. */
  readonly requestId: string;
}

/** Reads a provider's stream in its protocol and gives what the caller's protocol says instead. */
export function createTranslatingReader({ framing, decoder, encoder, requestId }: ReaderParts): AnswerReader {
  const assembler = createAssembler(requestId);
  let ending: AnswerEnding | undefined;
  let contentBytes = 0;

  /** The text of all events but the last one, which waits until the request is settled. */
  const encode = (events: readonly CanonicalEvent[]): string => {
    let text = '';
    for (const event of events) {
      if (event.type === 'end') ending = { kind: 'end', bytes: Buffer.from(encoder.encode(event)) };
      else text += encoder.encode(event);
    }
    return text;
  };

  const take = (reading: Reading): string => {
    if (reading.type === 'error') {
      ending = { kind: 'error', error: reading.error };
      return '';
    }
    if ('text' in reading) contentBytes += Buffer.byteLength(reading.text);
    return encode(assembler.read(reading));
  };

  const translate = (events: readonly WireEvent[]): Buffer => {
    let text = '';
    for (const event of events) {
      for (const reading of ending === undefined ? decoder.decode(event) : []) {
        if (ending === undefined) text += take(reading);
      }
    }
    return text === '' ? noBytes : Buffer.from(text);
  };

  return {
    push: (chunk) => translate(framing.push(chunk)),
    finish() {
      const bytes = translate(framing.finish());
      if (ending !== undefined) return bytes;
      if (framing.isTruncated()) ending = { kind: 'broken', problem: 'it breaks off inside an event' };
      // Not every provider marks the end; a finish reason says as much.
      else if (assembler.facts().finishReason === undefined) {
        ending = { kind: 'broken', problem: 'the stream ends before the answer does' };
      } else return Buffer.concat([bytes, Buffer.from(encode(assembler.end()))]);
      return bytes;
    },
    ending: () => ending,
    facts: () => assembler.facts(),
    contentEvents: () => assembler.contentEvents(),
    contentBytes: () => contentBytes,
  };
}
