import type { Secret } from '../crypto/secret.ts';
import { type GatewayErrorCode, ProviderError } from '../http/gateway-error.ts';
import type { Provider } from '../providers/provider.ts';
import { isObject } from '../wire/json-fields.ts';
import type { BodyFailure } from './upstream-body.ts';
import type { UpstreamFailure } from './upstream.ts';

/**
 * Every failure of a provider becomes one of our codes here, and here alone it is decided whether another attempt, ours or the
 * SDK's, could help. Text is passed on only for refusals of the caller's own request; texts of server errors and of refused
 * credentials can hold stack traces and parts of keys.
 */
export function refusedByProvider(provider: Provider, response: RefusedResponse, credential?: Secret): ProviderError {
  const detail = readDetail(response.body, credential);
  const name = provider.displayName;
  const make = (code: GatewayErrorCode, status: number, message: string, retryable: boolean): ProviderError =>
    new ProviderError(
      { code, status, provider: provider.name, message },
      {
        retryable,
        ...(retryable && response.retryAfterSeconds !== undefined && { retryAfterSeconds: response.retryAfterSeconds }),
        ...(detail.param !== undefined && { param: detail.param }),
      },
    );
  switch (isAboutOurCredential(response.status, detail) ? 401 : response.status) {
    case 401:
    case 403:
      return make(
        'provider_credential_refused',
        502,
        `${name} refused the credential that Gatehouse holds for it.`,
        false,
      );
    case 402:
      return make('provider_quota_exceeded', 502, `The account at ${name} has no credit left.`, false);
    case 408:
    case 504:
      return make('provider_timeout', 504, `${name} timed out.`, true);
    case 429:
      return detail.code === 'insufficient_quota'
        ? make('provider_quota_exceeded', 502, `The account at ${name} has used up its quota.`, false)
        : make('provider_rate_limited', 429, `${name} limits the rate of requests to this model.`, true);
    case 503:
    case 529:
      return make('provider_overloaded', 503, `${name} is overloaded.`, true);
    case 400:
    case 404:
    case 409:
    case 413:
    case 422:
      return make(
        'provider_rejected_request',
        response.status,
        `${name} rejected the request${detail.message === undefined ? '.' : `: ${detail.message}`}`,
        false,
      );
    default:
      return response.status >= 500
        ? make('provider_error', 502, `${name} failed with status ${response.status}.`, true)
        : make(
            'provider_invalid_response',
            502,
            `${name} answered with the unexpected status ${response.status}.`,
            false,
          );
  }
}

/** xAI and Google answer 400 to a wrong key, and quote part of it: that is no mistake of the caller's. */
function isAboutOurCredential(status: number, { message = '', code }: Detail): boolean {
  if (status !== 400) return false;
  return code === 'invalid_api_key' || /(?:incorrect|invalid) api key|api key (?:not valid|expired)/i.test(message);
}

export interface RefusedResponse {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number | undefined;
}

/** An error event inside a stream or a 200 that carries an error: the provider's own type says what it stands for. */
export function failedInside(provider: Provider, body: unknown, credential?: Secret): ProviderError {
  return refusedByProvider(provider, { status: statusOf(body), body, retryAfterSeconds: undefined }, credential);
}

function statusOf(body: unknown): number {
  const error = errorOf(body);
  // The code is the more telling: OpenAI's type for a wrong key and for an exceeded context is `invalid_request_error` both.
  for (const mark of [error['code'], error['type'], error['status']]) {
    if (typeof mark === 'number' && mark >= 400 && mark <= 599) return mark;
    const known = typeof mark === 'string' ? statusByType.get(mark) : undefined;
    if (known !== undefined) return known;
  }
  return 500;
}

const statusByType = new Map([
  ['invalid_request_error', 400],
  ['context_length_exceeded', 400],
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
]);

export function unreachable(provider: Provider, failure: UpstreamFailure): ProviderError {
  const name = provider.displayName;
  const make = (code: GatewayErrorCode, status: number, message: string, retryable: boolean): ProviderError =>
    new ProviderError({ code, status, provider: provider.name, message }, { retryable, cause: failure });
  switch (failure.kind) {
    case 'connect-timeout':
      return make('provider_timeout', 504, `${name} did not accept a connection in time.`, true);
    case 'first-byte-timeout':
      return make('provider_timeout', 504, `${name} did not answer in time.`, true);
    case 'refused-address':
      return make('provider_unreachable', 502, `${name} lies at a private address, which is not allowed here.`, false);
    case 'unreachable':
    case 'reset':
    case 'aborted':
      return make('provider_unreachable', 502, `${name} could not be reached.`, true);
  }
}

export function brokenOff(provider: Provider, failure: BodyFailure): ProviderError {
  const name = provider.displayName;
  const make = (code: GatewayErrorCode, status: number, message: string): ProviderError =>
    new ProviderError({ code, status, provider: provider.name, message }, { retryable: true, cause: failure });
  switch (failure.kind) {
    case 'idle-timeout':
      return make('provider_timeout', 504, `${name} stopped sending.`);
    case 'total-timeout':
      return make('provider_timeout', 504, `${name} took longer than this request may last.`);
    case 'too-large':
      return make('provider_invalid_response', 502, `${name} sent a larger response than Gatehouse accepts.`);
    case 'reset':
    case 'aborted':
      return make('provider_error', 502, `${name} broke off its response.`);
  }
}

export function invalidResponse(provider: Provider, problem: string): ProviderError {
  return new ProviderError(
    {
      code: 'provider_invalid_response',
      status: 502,
      provider: provider.name,
      message: `${provider.displayName} sent a response that cannot be used: ${problem}.`,
    },
    { retryable: true },
  );
}

interface Detail {
  readonly message: string | undefined;
  readonly code: string | undefined;
  readonly param: string | undefined;
}

/** OpenAI and Anthropic nest under `error`; some compatible servers answer flat, or with a plain string. */
function errorOf(body: unknown): Readonly<Record<string, unknown>> {
  const outer = outerOf(body);
  return isObject(outer['error']) ? outer['error'] : outer;
}

/** Google's OpenAI-compatible endpoint puts its error into an array. */
function outerOf(body: unknown): Readonly<Record<string, unknown>> {
  const outer: unknown = Array.isArray(body) ? body[0] : body;
  return isObject(outer) ? outer : {};
}

/** A refusal may quote the request it refuses, headers included: our credential is not the caller's to read. */
function readDetail(body: unknown, credential: Secret | undefined): Detail {
  const outer = outerOf(body);
  const error = errorOf(body);
  const text = (value: unknown, maximum: number): string | undefined => {
    if (typeof value !== 'string' || value.length === 0) return undefined;
    const safe = credential === undefined ? value : value.replaceAll(credential.reveal(), '[credential]');
    return safe.slice(0, maximum);
  };
  return {
    message: text(error['message'], 500) ?? text(outer['error'], 500) ?? text(outer['detail'], 500),
    code: text(error['code'], 100) ?? text(error['type'], 100),
    param: text(error['param'], 100),
  };
}
