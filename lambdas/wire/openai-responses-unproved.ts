import { isObject } from './json-fields.ts';

/**
 * The input without reasoning that nothing proves: without storage its id is unknown to OpenAI, which refuses the request for it.
 * `undefined` where there is none, which is nearly always. (Reasoning of other vendors is taken out before, with every state that
 * is not OpenAI's: `translation/strip-states.ts`.)
 */
export function withoutUnproved(input: unknown): unknown[] | undefined {
  return Array.isArray(input) && input.some(isUnproved) ? input.filter((item) => !isUnproved(item)) : undefined;
}

/** Open models have their reasoning in `content`, and take it back. */
function isUnproved(item: unknown): boolean {
  if (!isObject(item) || item['type'] !== 'reasoning') return false;
  const { encrypted_content: encrypted, content } = item;
  if (typeof encrypted === 'string' && encrypted !== '') return false;
  return !Array.isArray(content) || content.length === 0;
}
