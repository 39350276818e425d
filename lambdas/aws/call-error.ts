/**
 * What is known about a call that did not succeed:
 * - `not-sent`: no connection was made, so AWS cannot have acted on it
 * - `unknown`: the connection broke, timed out or answered nonsense after the request may have left
 * - `answered`: AWS answered with an error
 */
export type AwsCallOutcome = 'not-sent' | 'unknown' | 'answered';

export interface AwsCallFailure {
  readonly outcome: AwsCallOutcome;
  /** Why there is no answer: a socket error's code, or which timeout. */
  readonly reason?: string;
  readonly status?: number;
  /** The parsed error body, if it was JSON. */
  readonly answer?: unknown;
}

/**
 * A call to AWS that did not succeed. The message is made of the operation, the exception's type and the status only: AWS's own
 * messages can echo keys and values of the request.
 */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
  readonly outcome: AwsCallOutcome;
  /** HTTP status, for `answered` only. */
  readonly status: number | undefined;
  /** AWS's exception name without its namespace, such as `ThrottlingException`. */
  readonly type: string | undefined;
  readonly #answer: unknown;

  constructor(operation: string, failure: AwsCallFailure) {
    const type = exceptionType(failure.answer);
    const detail = failure.outcome === 'answered' ? `${type ?? 'no type'} (HTTP ${failure.status})` : failure.reason;
    super(`${operation}: ${detail}`);
    this.outcome = failure.outcome;
    this.status = failure.status;
    this.type = type;
    this.#answer = failure.answer;
  }

  /** The parsed error body. A method, so that no logger prints it along with the error. */
  answer(): unknown {
    return this.#answer;
  }
}

/** Reads `com.amazonaws.dynamodb.v20120810#ThrottlingException` and `ThrottlingException:http://…` alike. */
function exceptionType(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const type = '__type' in answer ? answer.__type : undefined;
  return typeof type === 'string' ? /^(?:[^#]*#)?(\w{1,100})/.exec(type)?.[1] : undefined;
}
