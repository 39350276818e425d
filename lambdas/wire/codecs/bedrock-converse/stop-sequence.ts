import { isObject } from '../../json-fields.ts';

/** Which sequence stopped it, of a whole answer or of `messageStop`: Claude's own field, asked for in the request. */
export function stopSequence(value: Readonly<Record<string, unknown>>): string | undefined {
  const fields = value['additionalModelResponseFields'];
  const sequence = isObject(fields) ? fields['stop_sequence'] : undefined;
  return typeof sequence === 'string' ? sequence : undefined;
}
