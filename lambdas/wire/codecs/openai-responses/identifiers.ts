import { createHash } from 'node:crypto';

/** Of a `call_id` and of a `safety_identifier`: OpenAI refuses longer ones with `string_above_max_length`. */
const longest = 64;

/** Another vendor's id may be too long. The same one always becomes the same, so that results find their calls. */
export function writeCallId(id: string): string {
  return id.length <= longest ? id : `call_${digest(id).slice(0, 32)}`;
}

/** Anthropic takes up to 256 characters for the same purpose, and Claude Code needs more than half of them. */
export function writeEndUser(id: string): string {
  return id.length <= longest ? id : digest(id);
}

function digest(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
