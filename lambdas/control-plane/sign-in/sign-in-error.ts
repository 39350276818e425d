/** Stable: clients may branch on them. */
export type SignInErrorCode = 'missing_token' | 'invalid_token' | 'expired_token' | 'sign_in_unavailable';

/**
 * Nobody was let in. The message is for the caller: it names what is wrong and never holds the token or a claim's value. It
 * is ASCII, so it may stand in a `WWW-Authenticate` header. There is no cause for a refused token, because the errors of the JWT library carry its claims.
 */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  readonly code: SignInErrorCode;
  /** 503 where the token could not be checked, 401 where it was refused. */
  readonly status: 401 | 503;

  constructor(code: SignInErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = code === 'sign_in_unavailable' ? 503 : 401;
  }
}
