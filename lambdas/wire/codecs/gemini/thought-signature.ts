import { type OpaqueState, readState, writeState } from '../../canonical/opaque.ts';

const mark = 'gh1.';

/**
 * Gemini 3 refuses the first call of a step without its signature. This word stands for one of a call that another model made or
 * whose signature was lost. https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const noSignature = 'skip_thought_signature_validator';
const noSignatures: ReadonlySet<string> = new Set([noSignature, 'context_engineering_is_the_way_to_go']);

/**
 * A state as `thoughtSignature`: Gemini's own as it is, another vendor's marked and in base64, since the field holds bytes and
 * typed clients decode it. One of Gemini's own that could be taken for a marked one is marked too.
 */
export function writeThoughtSignature(state: OpaqueState): string {
  if (state.origin === 'gemini' && !readMarked(state.value).startsWith(mark)) return state.value;
  // No field is native to both, so this marks every origin.
  const marked = writeState(state, state.origin === 'gemini' ? 'openai' : 'gemini');
  return Buffer.from(marked, 'latin1').toString('base64');
}

/**
 * Reverses `writeThoughtSignature`. Clients that decoded the bytes may write them in the URL's alphabet. `undefined` for the words
 * by which they say that they have none.
 */
export function readThoughtSignature(text: string): OpaqueState | undefined {
  const marked = readMarked(text);
  if (text === '' || noSignatures.has(text) || noSignatures.has(marked)) return undefined;
  return marked.startsWith(mark) ? readState(marked, 'gemini') : { origin: 'gemini', value: text };
}

function readMarked(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}
