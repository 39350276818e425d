import { isObject } from './json-fields.ts';

/**
 * The input without reasoning that nothing proves: without storage its id is unknown to OpenAI, which refuses the request for it.
 * `undefined` where there is none, which is nearly always. (Reasoning of other vendors is taken out before, with every state that
 * is not OpenAI's: `translation/strip-states.ts`.)
 *
 * What was said after such a thought loses its id, as it is named together with the thought or not at all ("… was provided without
 * its required 'reasoning' item").
 */
export function withoutUnproved(input: unknown): unknown[] | undefined {
  if (!Array.isArray(input) || !input.some(isUnproved)) return undefined;
  let orphaned = false;
  return input.flatMap((item: unknown) => {
    if (isUnproved(item)) {
      orphaned = true;
      return [];
    }
    orphaned &&= isSaid(item);
    return [orphaned ? { ...(item as object), id: undefined } : item];
  });
}

/** Open models have their reasoning in `content`, and take it back. */
function isUnproved(item: unknown): boolean {
  if (!isObject(item) || item['type'] !== 'reasoning') return false;
  const { encrypted_content: encrypted, content } = item;
  if (typeof encrypted === 'string' && encrypted !== '') return false;
  return !Array.isArray(content) || content.length === 0;
}

/** By the model, in the turn of the thought. */
function isSaid(item: unknown): boolean {
  if (!isObject(item)) return false;
  return item['role'] === 'assistant' || item['type'] === 'function_call' || item['type'] === 'custom_tool_call';
}
