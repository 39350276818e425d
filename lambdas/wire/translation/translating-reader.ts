import type { TokenUsage } from '../../metering/token-usage.ts';
import type { AnswerEnding, AnswerReader } from '../answer-reader.ts';
import { createAssembler } from '../canonical/assemble.ts';
import type { StreamDecoder, StreamEncoder } from '../canonical/codec.ts';
import type { CanonicalEvent, Reading } from '../canonical/response.ts';
import type { FinishReason } from '../protocol.ts';
import type { EventFraming } from './framing.ts';

const noBytes = Buffer.alloc(0);

interface ReaderParts {
  readonly framing: EventFraming;
  readonly decoder: StreamDecoder;
  readonly encoder: StreamEncoder;
  /** What made-up ids of tool calls derive from. */
  readonly requestId: string;
}

/** Reads a provider's stream in its protocol and gives what the caller's protocol says instead. */
export function createTranslatingReader({ framing, decoder, encoder, requestId }: ReaderParts): AnswerReader {
  const assembler = createAssembler(requestId);
  let ending: AnswerEnding | undefined;
  let usage: TokenUsage | undefined;
  let finishReason: FinishReason | undefined;
  let contentEvents = 0;
  let contentBytes = 0;

  const note = (reading: Reading): void => {
    if (reading.type === 'usage') ({ usage } = reading);
    if (reading.type === 'finish') finishReason ??= reading.reason;
    if (!isContent(reading)) return;
    contentEvents += 1;
    contentBytes += reading.text.length;
  };

  /** The text of all events but the last one, which waits until the request is settled. */
  const encode = (events: readonly CanonicalEvent[]): string => {
    let text = '';
    for (const event of events) {
      // Corrected by what the answer holds.
      if (event.type === 'finish') finishReason = event.reason;
      if (event.type === 'end') ending = { kind: 'end', bytes: Buffer.from(encoder.encode(event)) };
      else text += encoder.encode(event);
    }
    return text;
  };

  const translate = (readings: readonly Reading[]): string => {
    let text = '';
    for (const reading of readings) {
      if (ending !== undefined) break;
      if (reading.type === 'error') {
        ending = { kind: 'error', error: reading.error };
        break;
      }
      note(reading);
      text += encode(assembler.read(reading));
    }
    return text;
  };

  return {
    push(chunk) {
      let text = '';
      for (const event of framing.push(chunk)) {
        if (ending !== undefined) break;
        text += translate(decoder.decode(event));
      }
      return text === '' ? noBytes : Buffer.from(text);
    },
    finish() {
      let text = '';
      for (const event of framing.finish()) text += ending === undefined ? translate(decoder.decode(event)) : '';
      if (ending !== undefined) return Buffer.from(text);
      if (framing.isTruncated()) ending = { kind: 'broken', problem: 'it breaks off inside an event' };
      else if (finishReason === undefined) ending = { kind: 'broken', problem: 'the stream ends before the answer does' };
      else text += encode(assembler.end());
      return Buffer.from(text);
    },
    ending: () => ending,
    facts: () => ({ usage, finishReason }),
    contentEvents: () => contentEvents,
    contentBytes: () => contentBytes,
  };
}

function isContent(reading: Reading): reading is Extract<Reading, { text: string }> {
  return 'text' in reading && reading.text !== '';
}
