import type { Ending, RequestRecord } from '../store/request-record.ts';
import { answerAttributes, callAttributes, modelAttributes, requestAttributes } from './attributes.ts';
import { directivesOf } from './embedded-metrics.ts';
import type { LineKinds } from './log-line.ts';
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
  refused: (line) => {
    // Whoever goes around the edge is no customer: counted as a request it would dilute the error rate.
    const aroundEdge = line.errorCode === 'origin_not_verified';
    return {
      members: {
        trace_id: line.traceId,
        span_id: line.spanId,
        ...callAttributes(line),
        'http.server.request.duration': line.latencyMs / 1000,
      },
      counts: aroundEdge
        ? { [metrics.originRefusals.name]: 1 }
        : { [metrics.gatewayErrors.name]: count(line.status >= 500) },
      directives: aroundEdge ? originRefusalDirectives : refusalDirectives,
    };
  },
};

/** A stream that we broke off has status 200 and is our failure all the same. */
function isOurFailure({ ending, status, errorCode, credentialOwner }: RequestRecord): boolean {
  // Releases are taken back for our failures: a tenant that stores nonsense for a credential must not be able to ask for that.
  const ofTenant = errorCode === 'provider_credential_missing' && credentialOwner === 'workspace';
  return ending === 'gateway-failed' && !ofTenant && (status < 400 || status >= 500);
}

function count(value: boolean): number {
  return value ? 1 : 0;
}
