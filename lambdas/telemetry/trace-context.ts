import { randomUUID } from 'node:crypto';
import type { TraceIds } from './logger.ts';

export interface TraceContext extends TraceIds {
  /** The caller's span; absent where the trace is our own. */
  readonly parentSpanId?: string;
  /** False only where a caller said that it does not record this trace. */
  readonly sampled: boolean;
}

const length = 55;
const hexDigits = '0123456789abcdef';

/**
 * A span of ours in the trace that the caller sent, else in a new one. What is not a `traceparent` to the letter counts as absent,
 * as the recommendation demands: 32, 16 and 2 hexadecimal digits are all that a caller can put into a log line by it.
 *
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function joinTrace(traceparent: string | undefined): TraceContext {
  if (traceparent === undefined || !isTraceparent(traceparent)) {
    return { traceId: createTraceId(), spanId: createSpanId(), sampled: true };
  }
  return {
    traceId: traceparent.slice(3, 35),
    spanId: createSpanId(),
    parentSpanId: traceparent.slice(36, 52),
    sampled: (hexDigits.indexOf(traceparent[54]!) & 1) === 1,
  };
}

/*
 * Ids are cut from UUIDs, of which Node has the next hundred ready: asking the random generator for bytes takes 35 us instead of 10
 * where its code is not in the processor's cache, as it never is between two requests.
 */

/** All but six bits are random, the last 56 among them, as the recommendation asks. */
function createTraceId(): string {
  const id = randomUUID();
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
}

export function createSpanId(): string {
  const id = randomUUID();
  return id.slice(0, 4) + id.slice(24);
}

function isTraceparent(text: string): boolean {
  // A later version may say more behind these four parts, and only behind another hyphen.
  if (text.length > length && (text.startsWith('00') || text[length] !== '-')) return false;
  for (let at = 0; at < length; at += 1) {
    const isHyphen = at === 2 || at === 35 || at === 52;
    if (!(isHyphen ? '-' : hexDigits).includes(text[at] ?? ' ')) return false;
  }
  return !text.startsWith('ff') && !isZero(text.slice(3, 35)) && !isZero(text.slice(36, 52));
}

function isZero(id: string): boolean {
  return id === '0'.repeat(id.length);
}
