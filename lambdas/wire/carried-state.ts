import type { JsonBody } from './json-body.ts';

/** How a state begins that travels in a field of another vendor (`canonical/opaque.ts`): as it is, in base64, inside an id. */
const marks = /"gh1\.|"Z2gxLm|_gh1_/;

/**
 * Whether a conversation carries states that belong to another vendor than the one its protocol is of: it went through a
 * translation before. Sent on as they are, its own vendor would refuse them.
 */
export function carriesStates({ bytes }: JsonBody): boolean {
  // One pass: searching for each of them in turn stops at every quote of the body.
  return marks.test(bytes.toString('latin1'));
}
