import type { Secret } from '../crypto/secret.ts';
import { isObject } from '../wire/json-fields.ts';

/** What the body of a provider's error says, whoever's form it has. */
export interface ErrorBody {
  /** For the caller of a refused request: our credential is cut out, since a refusal may quote the request it refuses. */
  readonly message: string | undefined;
  readonly param: string | undefined;
  /** The HTTP status that the provider's own name of the error stands for. */
  readonly status: number | undefined;
  /** The name is that of an AWS exception, which tells more than the status it came with. */
  readonly isAwsException: boolean;
  /** Waiting helps nobody before the next day or the next invoice. */
  readonly isQuotaUsedUp: boolean;
  readonly isAboutCredential: boolean;
  /** Google says in the body what others say in a header. */
  readonly retryAfterSeconds: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** `errorType` is the header `x-amzn-errortype`, in which AWS names the exception of a whole answer. */
export function readErrorBody(body: unknown, credential: Secret | undefined, errorType?: string): ErrorBody {
  const outer = outerOf(body);
  const error = errorOf(outer);
  const details = listOf(error['details']);
  const text = (value: unknown, maximum: number): string | undefined => {
    if (typeof value !== 'string' || value.length === 0) return undefined;
    const safe = credential === undefined ? value : value.replaceAll(credential.reveal(), '[credential]');
    return safe.slice(0, maximum);
  };
  const message =
    text(error['message'] ?? error['Message'], 500) ??
    text(outer['error'], 500) ??
    text(outer['detail'], 500) ??
    text(listOf(outer['detail'])[0]?.['msg'], 500);
  const exception = awsException(errorType ?? error['__type'] ?? error['type']);
  return {
    message,
    param: text(error['param'], 100),
    status: exception ?? statusByName(error),
    isAwsException: exception !== undefined,
    isQuotaUsedUp: namesOf(error).includes('insufficient_quota') || details.some(isDailyQuota),
    isAboutCredential:
      namesOf(error).includes('invalid_api_key') ||
      details.some(({ reason }) => reason === 'API_KEY_INVALID' || reason === 'API_KEY_SERVICE_BLOCKED') ||
      /(?:incorrect|invalid) api key|api key (?:not valid|expired)/i.test(message ?? ''),
    retryAfterSeconds: retryDelay(details),
  };
}

/** Google's streams and its OpenAI-compatible endpoint put their error into an array. */
function outerOf(body: unknown): Fields {
  const outer: unknown = Array.isArray(body) ? body[0] : body;
  return isObject(outer) ? outer : {};
}

/**
 * OpenAI, Anthropic and Google nest under `error`, a failed event of Responses once more under `response`; Cohere, AWS and some
 * compatible servers answer flat, or with a plain string.
 */
function errorOf(outer: Fields): Fields {
  if (isObject(outer['error'])) return outer['error'];
  const { response } = outer;
  return isObject(response) && isObject(response['error']) ? response['error'] : outer;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The code is the more telling: OpenAI's type for a wrong key and for an exceeded context is `invalid_request_error` both. */
function namesOf(error: Fields): readonly unknown[] {
  return [error['code'], error['type'], error['status']];
}

function statusByName(error: Fields): number | undefined {
  for (const name of namesOf(error)) {
    if (typeof name === 'number' && name >= 400 && name <= 599) return name;
    const known = typeof name === 'string' ? statuses.get(name) : undefined;
    if (known !== undefined) return known;
  }
  return undefined;
}

const statuses: ReadonlyMap<string, number> = new Map([
  // OpenAI and Anthropic
  ['invalid_request_error', 400],
  ['context_length_exceeded', 400],
  ['invalid_prompt', 400],
  ['authentication_error', 401],
  ['invalid_api_key', 401],
  ['billing_error', 402],
  ['insufficient_quota', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['timeout_error', 504],
  ['overloaded_error', 529],
  ['server_is_overloaded', 503],
  ['slow_down', 503],
  // Google (https://cloud.google.com/apis/design/errors)
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['OUT_OF_RANGE', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['RESOURCE_EXHAUSTED', 429],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
]);

/**
 * `ThrottlingException`, `throttlingException` in an event stream, `com.amazon.coral#ThrottlingException` in a body,
 * `ThrottlingException:http://…` in the header.
 *
 * https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
 */
function awsException(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  // The name ends long before that; a provider's text of any length must not keep the expression busy.
  const name = /^(?:.*#)?([A-Za-z]+)(?::.*)?$/.exec(value.slice(0, 500))?.[1] ?? '';
  return exceptions.get(name.charAt(0).toUpperCase() + name.slice(1));
}

const exceptions: ReadonlyMap<string, number> = new Map([
  ['ValidationException', 400],
  ['ValidationError', 400],
  ['ResourceNotFoundException', 404],
  ['AccessDeniedException', 403],
  ['ExpiredTokenException', 401],
  ['IncompleteSignature', 401],
  ['IncompleteSignatureException', 401],
  ['InvalidClientTokenId', 401],
  ['InvalidSignatureException', 401],
  ['MissingAuthenticationTokenException', 401],
  ['NotAuthorized', 401],
  ['OptInRequired', 401],
  ['RequestExpired', 401],
  ['UnrecognizedClientException', 401],
  ['ServiceQuotaExceededException', 429],
  ['ThrottlingException', 429],
  ['ModelNotReadyException', 503],
  ['ServiceUnavailableException', 503],
  ['ModelTimeoutException', 504],
  ['ModelErrorException', 500],
  ['ModelStreamErrorException', 500],
  ['InternalServerException', 500],
  ['InternalFailure', 500],
]);

/** A quota per day, of a QuotaFailure or an ErrorInfo. (https://ai.google.dev/gemini-api/docs/rate-limits) */
function isDailyQuota({ violations, metadata }: Fields): boolean {
  const limit = isObject(metadata) ? metadata['quota_limit'] : undefined;
  const names = [limit, ...listOf(violations).map(({ quotaId }) => quotaId)];
  return names.some((name) => typeof name === 'string' && name.includes('PerDay'));
}

/** Seconds as a protobuf duration: `34.07s`. */
function retryDelay(details: readonly Fields[]): number | undefined {
  for (const { retryDelay: delay } of details) {
    const seconds = typeof delay === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1] : undefined;
    if (seconds !== undefined) return Number(seconds);
  }
  return undefined;
}
