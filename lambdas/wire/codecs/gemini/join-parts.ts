import type { AssistantPart } from '../../canonical/request.ts';

/**
 * Adds what came next of a content in pieces: a thought and its signature are one again, as the vendor signed it. Within one
 * content texts stay apart as the client has them, but a thought may still be in the pieces it was streamed in.
 */
export function joinParts(joined: AssistantPart[], next: readonly AssistantPart[]): void {
  for (const [index, part] of next.entries()) {
    const last = joined.at(-1);
    const together = last !== undefined && (index === 0 || part.type === 'reasoning') ? join(last, part) : undefined;
    if (together === undefined) joined.push(part);
    else joined[joined.length - 1] = together;
  }
}

/** A signature ends what it signs. */
function join(one: AssistantPart, other: AssistantPart): AssistantPart | undefined {
  if (one.type === 'reasoning' && other.type === 'reasoning' && one.state === undefined) {
    return { ...one, ...(other.state !== undefined && { state: other.state }), text: one.text + other.text };
  }
  if (one.type === 'text' && other.type === 'text' && one.state === undefined) {
    return { ...one, ...(other.state !== undefined && { state: other.state }), text: one.text + other.text };
  }
  return undefined;
}
