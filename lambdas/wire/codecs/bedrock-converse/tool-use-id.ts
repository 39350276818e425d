import { createHash } from 'node:crypto';

/**
 * The id of a call as Converse takes it: at most 64 letters, digits, `_` and `-`. Calls that another vendor's model made may have
 * others; the same one always becomes the same, so that a result still finds its call.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html
 */
export function toolUseId(id: string): string {
  return /^[\w-]{1,64}$/.test(id) ? id : `call_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}
