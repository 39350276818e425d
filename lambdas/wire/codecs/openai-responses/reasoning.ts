import { type OpaqueState, readProof } from '../../canonical/opaque.ts';
import { type Fields, optionalList, optionalText, requireObject, requireText } from '../../canonical/read.ts';
import type { ReasoningPart, RedactedReasoningPart } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';

/**
 * A reasoning item, of a request or an answer. Its summary is what a client reads; open models tell the text itself. One with an
 * empty summary is reasoning that is not shown at all, one with an empty text in it a thought whose text was left out, which some
 * of Claude's are: their signatures are of different kinds.
 */
export function readReasoning(item: Fields, path: string): ReasoningPart | RedactedReasoningPart | undefined {
  const summary = optionalList(item['summary'], `${path}.summary`);
  const content = optionalList(item['content'], `${path}.content`);
  const encrypted = optionalText(item['encrypted_content'], `${path}.encrypted_content`) ?? '';
  const shown = summary.length > 0 ? { texts: summary, name: 'summary' } : { texts: content, name: 'content' };
  const text = shown.texts.map((part, index) => textOf(part, `${path}.${shown.name}[${index}]`)).join('\n\n');
  const state = readProof(encrypted, 'openai');
  if (state === undefined) return text === '' ? undefined : { type: 'reasoning', text, path };
  if (shown.texts.length === 0) return { type: 'redacted-reasoning', state, path };
  return { type: 'reasoning', text, state, path };
}

function textOf(part: unknown, path: string): string {
  return requireText(requireObject(part, path)['text'], `${path}.text`);
}

/** The state of a reasoning item as a provider streams it, where it has one. */
export function readReasoningState(item: unknown): OpaqueState | undefined {
  const encrypted = isObject(item) ? item['encrypted_content'] : undefined;
  return typeof encrypted === 'string' ? readProof(encrypted, 'openai') : undefined;
}
