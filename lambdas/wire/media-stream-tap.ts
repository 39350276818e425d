import { isObject } from './json-fields.ts';
import { readResponsesUsage } from './openai-responses-facts.ts';
import { end, failed, forward, type ResponseFacts, type StreamTap } from './protocol.ts';
import { eventData } from './sse.ts';

/**
 * Reads the events of streamed images, speech and transcriptions. One kind of event completes an answer and tells what it used;
 * of several images each has its own, and the last of them is the end.
 */
export function createMediaStreamTap(completing: string, choices = 1): StreamTap {
  let completed = 0;
  let facts: ResponseFacts = { usage: undefined, finishReason: undefined };
  return {
    read(text) {
      const event = parse(text);
      if (!isObject(event)) return forward;
      if (event['type'] === 'error' || isObject(event['error'])) return failed;
      if (event['type'] !== completing) return forward;
      completed += 1;
      facts = { usage: sum(facts.usage, readResponsesUsage(event['usage'])), finishReason: 'stop' };
      return completed >= choices ? end : forward;
    },
    facts: () => facts,
    contentEvents: () => 0,
  };
}

type Usage = ResponseFacts['usage'];

function sum(before: Usage, more: Usage): Usage {
  if (before === undefined || more === undefined) return more ?? before;
  const names = Object.keys(more) as (keyof typeof more)[];
  return Object.fromEntries(names.map((name) => [name, before[name] + more[name]])) as unknown as Usage;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(eventData(text) ?? 'null');
  } catch {
    return undefined;
  }
}
