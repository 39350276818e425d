import type { WireEvent } from '../canonical/codec.ts';
import { isTruncated } from '../pass-through-reader.ts';
import { eventFields, type SseEvents, SseSplitter } from '../sse.ts';

/** Cuts a provider's stream into events. `AwsEventStreamReader` is the other one. */
export interface EventFraming {
  /** @throws RangeError when one event is larger than any provider sends. */
  push(chunk: Buffer): readonly WireEvent[];
  /** Events in what is left when the body is over. */
  finish(): readonly WireEvent[];
  /** Whether what is left then is half an event. */
  isTruncated(): boolean;
}

/** Server-sent events; comments and events without data are left out. */
export function createSseFraming(): EventFraming {
  const splitter = new SseSplitter();
  return {
    push: (chunk) => toEvents(splitter.push(chunk)),
    finish: () => (isTruncated(splitter.rest()) ? [] : toEvents(splitter.push(Buffer.from('\n\n')))),
    isTruncated: () => isTruncated(splitter.rest()),
  };
}

function toEvents({ bytes, ends }: SseEvents): WireEvent[] {
  const events: WireEvent[] = [];
  let start = 0;
  for (const end of ends) {
    const { name, data } = eventFields(bytes.toString('utf8', start, end));
    start = end;
    if (data !== undefined) events.push({ name, data });
  }
  return events;
}
