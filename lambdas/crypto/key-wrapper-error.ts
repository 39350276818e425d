/**
 * - `mismatch`: the wrapped key is damaged, or was made under another context or wrapping key; it will never open
 * - `unavailable`: no answer from the key service for now
 * - `denied`: the key service refuses us: permissions, a disabled or missing key
 */
export type KeyWrapperErrorKind = 'mismatch' | 'unavailable' | 'denied';

/** A data key could not be made or unwrapped. The message names the operation and the cause's type, never its input. */
export class KeyWrapperError extends Error {
  override readonly name = 'KeyWrapperError';
  readonly kind: KeyWrapperErrorKind;

  constructor(kind: KeyWrapperErrorKind, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
