import { decodeToolCallId, readState } from './canonical/opaque.ts';
import { isObject } from './json-fields.ts';

/**
 * The input without what another vendor's model, translated for the same client, has left in the conversation: OpenAI refuses
 * reasoning that it can neither decrypt nor find, and ids of calls with a state in them for their length. `undefined` where there
 * is nothing of that kind, which is nearly always.
 */
export function withoutForeignStates(input: unknown): unknown[] | undefined {
  if (!Array.isArray(input) || !input.some((item) => isForeignReasoning(item) || ownCallId(item) !== undefined)) {
    return undefined;
  }
  return input
    .filter((item) => !isForeignReasoning(item))
    .map((item: unknown) => {
      const id = ownCallId(item);
      return id === undefined || !isObject(item) ? item : { ...item, call_id: id };
    });
}

/** Open models have their reasoning in `content`, and take it back. */
function isForeignReasoning(item: unknown): boolean {
  if (!isObject(item) || item['type'] !== 'reasoning') return false;
  const { encrypted_content: encrypted, content } = item;
  if (typeof encrypted === 'string' && encrypted !== '') return readState(encrypted, 'openai').origin !== 'openai';
  return !Array.isArray(content) || content.length === 0;
}

/** The id without its state; `undefined` where it has none. */
function ownCallId(item: unknown): string | undefined {
  const id = isObject(item) ? item['call_id'] : undefined;
  if (typeof id !== 'string' || !id.includes('_gh1_')) return undefined;
  return decodeToolCallId(id).id;
}
