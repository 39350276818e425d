import { isThrottling } from '../aws/retry.ts';
import { KeyWrapperError, type KeyWrapperErrorKind } from './key-wrapper-error.ts';

const mismatchTypes: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

/** What a failed AWS KMS call means. `status` is 0 where there was no answer. */
export function toKeyWrapperError(operation: string, type: string | undefined, status: number): KeyWrapperError {
  return new KeyWrapperError(errorKind(type, status), `KMS ${operation}: ${type ?? 'no answer'} (HTTP ${status})`);
}

function errorKind(type: string | undefined, status: number): KeyWrapperErrorKind {
  if (type !== undefined && mismatchTypes.has(type)) return 'mismatch';
  return status < 300 || status >= 500 || isThrottling(type) ? 'unavailable' : 'denied';
}
