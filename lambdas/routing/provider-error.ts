import type { Secret } from '../crypto/secret.ts';
import { type GatewayErrorCode, ProviderError } from '../http/gateway-error.ts';
import type { Provider } from '../providers/provider.ts';
import { type ErrorBody, readErrorBody } from './provider-error-body.ts';
import type { BodyFailure } from './upstream-body.ts';
import type { UpstreamFailure } from './upstream.ts';

/**
 * Every failure of a provider becomes one of our codes here, and here alone it is decided whether another attempt, ours or the
 * SDK's, could help. Text is passed on only for refusals of the caller's own request; texts of server errors and of refused
 * credentials can hold stack traces and parts of keys.
 */
export function refusedByProvider(provider: Provider, response: RefusedResponse, credential?: Secret): ProviderError {
  const detail = readErrorBody(response.body, credential, response.errorType);
  const retryAfterSeconds = response.retryAfterSeconds ?? detail.retryAfterSeconds;
  const name = provider.displayName;
  const make = (code: GatewayErrorCode, status: number, message: string, retryable: boolean): ProviderError =>
    new ProviderError(
      { code, status, provider: provider.name, message },
      {
        retryable,
        ...(retryable && retryAfterSeconds !== undefined && { retryAfterSeconds }),
        ...(detail.param !== undefined && { param: detail.param }),
      },
    );
  const status = meaningOf(response.status, detail);
  switch (status) {
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
      return detail.isQuotaUsedUp
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
        status,
        `${name} rejected the request${detail.message === undefined ? '.' : `: ${detail.message}`}`,
        false,
      );
    default:
      return status >= 500
        ? make('provider_error', 502, `${name} failed with status ${response.status}.`, true)
        : make(
            'provider_invalid_response',
            502,
            `${name} answered with the unexpected status ${response.status}.`,
            false,
          );
  }
}

/**
 * xAI and Google answer 400 to a wrong key, and quote part of it: that is no mistake of the caller's. AWS answers 400 and 424 to
 * what its exception names better.
 */
function meaningOf(status: number, detail: ErrorBody): number {
  if (status === 400 && detail.isAboutCredential) return 401;
  return detail.isAwsException ? (detail.status ?? status) : status;
}

export interface RefusedResponse {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number | undefined;
  /** The header `x-amzn-errortype`. */
  readonly errorType?: string | undefined;
}

/** An error event inside a stream or a 200 that carries an error: the provider's own type says what it stands for. */
export function failedInside(provider: Provider, body: unknown, credential?: Secret): ProviderError {
  const status = readErrorBody(body, credential).status ?? 500;
  return refusedByProvider(provider, { status, body, retryAfterSeconds: undefined }, credential);
}

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
