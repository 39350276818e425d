import type { Ending, RequestRecord } from '../store/request-record.ts';
import { answerAttributes, callAttributes, modelAttributes, requestAttributes } from './attributes.ts';
import { directivesOf } from './embedded-metrics.ts';
import type { DescribedLine, LineKinds } from './log-line.ts';
import type { RefusedRequest } from './logger.ts';
import { metrics } from './metrics.ts';

const requestDirectives = directivesOf(
  'duration',
  'firstByte',
  'providerErrors',
  'overhead',
  'inputTokens',
  'outputTokens',
  'cost',
  'gatewayErrors',
);
const refusalDirectives = directivesOf('gatewayErrors');
const originRefusalDirectives = directivesOf('originRefusals');

const providerFailures: ReadonlySet<Ending> = new Set(['provider-failed', 'provider-failed-midstream', 'timed-out']);

/** What the proxy says of requests. */
export const dataPlaneLines: Pick<LineKinds, 'request' | 'refused'> = {
  request: (line) => ({
    members: {
      trace_id: line.traceId,
      span_id: line.spanId,
      ...requestAttributes(line),
      ...modelAttributes(line, line.provider, line.model),
      ...answerAttributes(line),
      [metrics.duration.name]: line.latencyMs / 1000,
      [metrics.firstByte.name]: line.firstByteMs / 1000,
    },
    counts: {
      [metrics.gatewayErrors.name]: count(isOurFailure(line)),
      [metrics.providerErrors.name]: count(providerFailures.has(line.ending)),
    },
    directives: requestDirectives,
  }),
  refused: (line) => ({
    members: {
      trace_id: line.traceId,
      span_id: line.spanId,
      ...callAttributes(line),
      'http.server.request.duration': line.latencyMs / 1000,
    },
    ...measuredRefusal(line),
  }),
};

/**
 * Anybody can be refused as often as they like, with no key at all or past the edge. Counted among requests they would thin out the
 * error rate that takes a bad release back, so of refusals it has our own failures only.
 */
function measuredRefusal({ errorCode, status }: RefusedRequest): Pick<DescribedLine, 'counts' | 'directives'> {
  if (errorCode === 'origin_not_verified') {
    return { counts: { [metrics.originRefusals.name]: 1 }, directives: originRefusalDirectives };
  }
  if (status < 500) return {};
  return { counts: { [metrics.gatewayErrors.name]: 1 }, directives: refusalDirectives };
}

/** A stream that we broke off has status 200 and is our failure all the same. */
function isOurFailure({ ending, status, errorCode, credentialOwner }: RequestRecord): boolean {
  // Releases are taken back for our failures: a tenant that stores nonsense for a credential must not be able to ask for that.
  const ofTenant = errorCode === 'provider_credential_missing' && credentialOwner === 'workspace';
  return ending === 'gateway-failed' && !ofTenant && (status < 400 || status >= 500);
}

function count(value: boolean): number {
  return value ? 1 : 0;
}
