/**
 * Signatures and encrypted reasoning: opaque to everybody but the vendor that made them, worthless to any other, and needed by
 * that vendor in the next request. We store nothing, so the client carries them: in the field its SDK sends back, as they are
 * where the field is the vendor's own, and marked with their origin everywhere else.
 */
export interface OpaqueState {
  readonly origin: StateOrigin;
  /** ASCII, as the vendor wrote it. */
  readonly value: string;
}

/** Who can read it. Claude's signatures hold on every platform that serves Claude. */
export type StateOrigin = 'anthropic' | 'gemini' | 'openai' | 'bedrock';

const mark = 'gh1.';
const knownOrigin = /^gh1\.(anthropic|gemini|openai|bedrock)\.(.*)$/s;

/** For a field whose own vendor is `native`: its own state as it is, another's marked. */
export function writeState(state: OpaqueState, native: StateOrigin): string {
  return state.origin === native && !state.value.startsWith(mark)
    ? state.value
    : `${mark}${state.origin}.${state.value}`;
}

/** Reverses `writeState`. */
export function readState(text: string, native: StateOrigin): OpaqueState {
  const [, origin, value] = knownOrigin.exec(text) ?? [];
  if (origin === undefined || value === undefined) return { origin: native, value: text };
  return { origin: origin as StateOrigin, value };
}

/**
 * What stands where reasoning has no proof, in a field that its own vendor demands: with this in it the reasoning is known for
 * another vendor's when it comes back, and is not sent to one that would refuse it unproved.
 */
const unproved = `${mark}none.`;

export function writeProof(state: OpaqueState | undefined, native: StateOrigin): string {
  return state === undefined ? unproved : writeState(state, native);
}

/** Reverses `writeProof`. */
export function readProof(text: string, native: StateOrigin): OpaqueState | undefined {
  return text === '' || text === unproved ? undefined : readState(text, native);
}

/** Every SDK sends the id of a tool call back, whatever else it drops; ids are letters, digits, `_` and `-` in every protocol. */
const idMark = '_gh1_';

/** The id a client gets to see: with the call's state in it, if it has one. */
export function encodeToolCallId(id: string, state: OpaqueState | undefined): string {
  if (state === undefined) return id;
  return `${id}${idMark}${state.origin}_${Buffer.from(state.value).toString('base64url')}`;
}

/** Reverses `encodeToolCallId`. */
export function decodeToolCallId(text: string): { id: string; state?: OpaqueState } {
  const at = text.lastIndexOf(idMark);
  const [, origin, value] =
    at < 1 ? [] : (/^(anthropic|gemini|openai|bedrock)_([\w-]+)$/.exec(text.slice(at + idMark.length)) ?? []);
  if (origin === undefined || value === undefined) return { id: text };
  return {
    id: text.slice(0, at),
    state: { origin: origin as StateOrigin, value: Buffer.from(value, 'base64url').toString() },
  };
}
