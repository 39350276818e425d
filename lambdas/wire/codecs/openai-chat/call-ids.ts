import { createHash } from 'node:crypto';
import type { EncodingTarget } from '../../canonical/codec.ts';

/** OpenAI refuses longer ones with `string_above_max_length`. */
const longest = 40;

/**
 * A call's id as the provider takes it: another vendor's may be too long, and Mistral takes nine letters and digits only. The same
 * id always becomes the same, so results find their calls.
 */
export function writeCallId(id: string, form: EncodingTarget['toolCallIds']): string {
  if (form === 'nine-alphanumerics') return /^[a-zA-Z0-9]{9}$/.test(id) ? id : digest(id).slice(0, 9);
  return id.length <= longest ? id : `call_${digest(id).slice(0, 32)}`;
}

function digest(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
