import type { AnswerEnding, AnswerReader } from './answer-reader.ts';
import type { RequestFacts } from './protocol.ts';

const noBytes = Buffer.alloc(0);

/**
 * Passes an answer on that is no events but data, such as audio. It says nothing of itself, so its units are those that the request
 * tells; the end of the body is its end.
 */
export function createBytesReader({ atMost }: RequestFacts): AnswerReader {
  let bytes = 0;
  let ending: AnswerEnding | undefined;
  return {
    isRaw: true,
    push(chunk) {
      bytes += chunk.length;
      return chunk;
    },
    finish() {
      ending = bytes === 0 ? { kind: 'broken', problem: 'it is empty' } : { kind: 'end', bytes: noBytes };
      return noBytes;
    },
    ending: () => ending,
    facts: () => ({ usage: undefined, finishReason: undefined, billedUnits: atMost?.billedUnits }),
    contentEvents: () => 0,
    contentBytes: () => bytes,
  };
}
