import type { AnswerEnding, AnswerReader } from './answer-reader.ts';
import type { EventVerdict, StreamTap } from './protocol.ts';
import { eventData, type SseEvents, SseSplitter } from './sse.ts';

const noBytes = Buffer.alloc(0);

/** Passes whole events on as they are, with a tap that reads what they tell. */
export function createPassThroughReader(tap: StreamTap): AnswerReader {
  const splitter = new SseSplitter();
  let ending: AnswerEnding | undefined;
  let contentBytes = 0;
  let smallestEvent = Infinity;

  const read = (event: string): EventVerdict => {
    const contentBefore = tap.contentEvents();
    const verdict = tap.read(event);
    if (tap.contentEvents() > contentBefore) {
      contentBytes += event.length;
      smallestEvent = Math.min(smallestEvent, event.length);
    }
    return verdict;
  };

  /** What may pass is joined to as few buffers as possible, usually the chunk itself. */
  const sift = ({ bytes, text, ends }: SseEvents): Buffer => {
    const passed: Buffer[] = [];
    let from = 0;
    let start = 0;
    const passUpTo = (position: number): void => {
      if (position > from) passed.push(bytes.subarray(from, position));
    };
    for (const eventEnd of ends) {
      const verdict = read(text.slice(start, eventEnd));
      if (verdict.kind !== 'forward') {
        passUpTo(start);
        from = eventEnd;
        if (verdict.kind === 'replace') passed.push(verdict.bytes);
        if (verdict.kind === 'end') ending = { kind: 'end', bytes: bytes.subarray(start, eventEnd) };
        if (verdict.kind === 'error') ending = { kind: 'error', error: parse(bytes, start, eventEnd) };
        if (ending !== undefined) return joined(passed);
      }
      start = eventEnd;
    }
    passUpTo(start);
    return joined(passed);
  };

  return {
    push: (chunk) => sift(splitter.push(chunk)),
    finish() {
      const rest = splitter.rest();
      if (isTruncated(rest)) {
        ending = { kind: 'broken', problem: 'it breaks off inside an event' };
        return noBytes;
      }
      // Some servers leave out the last blank line.
      const bytes = rest.length === 0 ? noBytes : sift(splitter.push(Buffer.from('\n\n')));
      ending ??= endWithoutMark(tap);
      return bytes;
    },
    ending: () => ending,
    facts: () => tap.facts(),
    contentEvents: () => tap.contentEvents(),
    contentBytes: () => (contentBytes === 0 ? 0 : contentBytes - tap.contentEvents() * smallestEvent),
  };
}

/** Not every server marks the end; a finish reason says as much. Without one the answer was cut short. */
function endWithoutMark(tap: StreamTap): AnswerEnding {
  return tap.facts().finishReason === undefined
    ? { kind: 'broken', problem: 'the stream ends before the answer does' }
    : { kind: 'end', bytes: noBytes };
}

function joined(buffers: readonly Buffer[]): Buffer {
  return buffers.length === 1 ? (buffers[0] ?? noBytes) : Buffer.concat(buffers);
}

function parse(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(eventData(bytes.toString('utf8', start, end)) ?? 'null');
  } catch {
    return undefined;
  }
}

/** Whether the bytes behind the last whole event are half of one. */
export function isTruncated(rest: Buffer): boolean {
  const data = eventData(rest.toString('utf8'));
  // The one event of any protocol whose data is not JSON.
  if (data === undefined || data.trim() === '[DONE]') return false;
  try {
    JSON.parse(data);
    return false;
  } catch {
    return true;
  }
}
