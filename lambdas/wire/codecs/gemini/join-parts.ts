import type { AssistantPart } from '../../canonical/request.ts';

/** Contents that came in pieces, put together: a thought and its signature are one again, as the vendor signed it. */
export function joinParts(before: readonly AssistantPart[], after: readonly AssistantPart[]): readonly AssistantPart[] {
  const joined = [...before];
  for (const [index, part] of after.entries()) {
    const last = joined.at(-1);
    const together = index === 0 && last !== undefined ? join(last, part) : undefined;
    if (together === undefined) joined.push(part);
    else joined[joined.length - 1] = together;
  }
  return joined;
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
