import { type OpaqueState, readState, type StateOrigin, writeState } from '../../canonical/opaque.ts';
import type { Fields } from '../../canonical/read.ts';

/**
 * Reasoning that a client can send back: OpenRouter's `reasoning_details`, since OpenAI's own API shows none.
 * https://openrouter.ai/docs/guides/best-practices/reasoning-tokens#reasoning_details-array-structure
 */
export type ReasoningDetail =
  | { readonly kind: 'text'; readonly text: string; readonly state?: OpaqueState; readonly index?: number }
  | { readonly kind: 'redacted'; readonly state: OpaqueState }
  /** Ours: the state of the message's text, which has no member to carry it. */
  | { readonly kind: 'state-of-text'; readonly state: OpaqueState };

const formats: Readonly<Record<StateOrigin, string>> = {
  anthropic: 'anthropic-claude-v1',
  gemini: 'google-gemini-v1',
  openai: 'openai-responses-v1',
  bedrock: 'unknown',
};

const idOfText = 'text';

/** `undefined` for what nobody could use: neither text nor a state whose vendor is known. */
export function readReasoningDetail(entry: Fields): ReasoningDetail | undefined {
  const format = entry['format'];
  if (entry['type'] === 'reasoning.encrypted') {
    const state = readDetailState(entry['data'], format);
    if (state === undefined) return undefined;
    return { kind: entry['id'] === idOfText ? 'state-of-text' : 'redacted', state };
  }
  const written = entry['type'] === 'reasoning.summary' ? entry['summary'] : entry['text'];
  const text = typeof written === 'string' ? written : '';
  const state = readDetailState(entry['signature'], format);
  if (text === '' && state === undefined) return undefined;
  const index = entry['index'];
  return { kind: 'text', text, ...(state && { state }), ...(typeof index === 'number' && { index }) };
}

export function writeReasoningText(text: string, state: OpaqueState | undefined, index: number): object {
  return {
    type: 'reasoning.text',
    text,
    ...(state !== undefined && { signature: writeDetailState(state), format: formats[state.origin] }),
    index,
  };
}

export function writeRedactedReasoning(state: OpaqueState, index: number): object {
  return { type: 'reasoning.encrypted', data: writeDetailState(state), format: formats[state.origin], index };
}

export function writeStateOfText(state: OpaqueState, index: number): object {
  return { ...writeRedactedReasoning(state, index), id: idOfText };
}

/** The format names the vendor; a state that we marked says it itself. */
function readDetailState(value: unknown, format: unknown): OpaqueState | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const origin = (Object.keys(formats) as StateOrigin[]).find((each) => formats[each] === format && each !== 'bedrock');
  const state = readState(value, origin ?? 'bedrock');
  return origin === undefined && state.value === value ? undefined : state;
}

/** With the mark where the format does not name the vendor. */
function writeDetailState(state: OpaqueState): string {
  return writeState(state, state.origin === 'bedrock' ? 'anthropic' : state.origin);
}
