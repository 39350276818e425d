import { errorResponse } from '../http/error-envelope.ts';
import { CallerError, GatewayError } from '../http/gateway-error.ts';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { createCredentialReader } from '../routing/credentials.ts';
import { createProviderAccessReader } from '../routing/provider-access/provider-access.ts';
import { isStoreOutage } from '../store/client.ts';
import { describeFault } from '../telemetry/logger.ts';
import { joinTrace } from '../telemetry/trace-context.ts';
import { SettledFailure } from './answer.ts';
import type { DataPlaneSettings, Dependencies } from './dependencies.ts';
import { dialectOf } from './dialect-of.ts';
import { type Endpoint, endpointsAt } from './endpoints.ts';
import { reportKeyFailures } from './key-failures.ts';
import { createPolicyReader } from './policies.ts';

export type Handle = (request: GatewayRequest) => Promise<GatewayResponse>;

/** Builds the data plane on what a composition root gives it. The result never rejects. */
export function createDataPlane(settings: DataPlaneSettings): Handle {
  const { store, tables, upstream, roles, awsCredentials, now } = settings;
  const keyUnwrapper = reportKeyFailures(settings.keyUnwrapper, settings.logger);
  const credentials = createCredentialReader({ store, table: tables.vault, keyUnwrapper, now });
  const deps: Dependencies = {
    ...settings,
    meters: { store, table: tables.meter },
    policies: createPolicyReader(store, tables.policy, now),
    access: createProviderAccessReader({ credentials, upstream, roles, awsCredentials, now }),
  };
  return (request) => handle(request, deps);
}

async function handle(request: GatewayRequest, deps: Dependencies): Promise<GatewayResponse> {
  const known = endpointsAt(request.path);
  const dialect = known[0]?.dialect ?? dialectOf(request);
  let response: GatewayResponse;
  try {
    const endpoint = known.find(({ method }) => method === request.method);
    if (endpoint === undefined) throw notServed(known);
    response = await endpoint.serve({ ...request, endpoint: endpoint.path }, deps);
  } catch (error) {
    const settled = error instanceof SettledFailure ? error : undefined;
    const refusal = toGatewayError(settled === undefined ? error : settled.failure, request, deps);
    if (settled === undefined) logRefusal(refusal, known[0]?.path ?? 'unknown', request, deps);
    const answer = errorResponse(refusal, dialect, request.id);
    response = { ...answer, headers: { ...settled?.headers, ...answer.headers } };
  }
  const headers = { ...response.headers, 'x-request-id': request.id };
  return { ...response, headers: dialect === 'anthropic' ? { ...headers, 'request-id': request.id } : headers };
}

function notServed(known: readonly Endpoint[]): CallerError {
  if (known.length === 0) return new CallerError('path_not_found', 404, 'There is no such endpoint.');
  const methods = known.map(({ method }) => method).join(', ');
  return new CallerError('method_not_allowed', 405, `Use ${methods} for this endpoint.`, {
    headers: { allow: methods },
  });
}

function logRefusal(refusal: GatewayError, endpoint: string, request: GatewayRequest, deps: Dependencies): void {
  const { traceId, spanId } = joinTrace(request.headers['traceparent']);
  deps.logger.refused({
    traceId,
    spanId,
    id: request.id,
    createdAt: new Date(request.receivedAt).toISOString(),
    endpoint,
    status: refusal.status,
    errorCode: refusal.code,
    latencyMs: Math.max(0, deps.now() - request.receivedAt),
  });
}

function toGatewayError(error: unknown, request: GatewayRequest, deps: Dependencies): GatewayError {
  if (error instanceof GatewayError) return error;
  if (isStoreOutage(error)) {
    deps.logger.fault(describeFault('store-failed', error, request.id));
    const message = 'Gatehouse could not read its policy. Try again.';
    return new GatewayError('store_unavailable', 503, message, { retryAfterSeconds: 1, cause: error });
  }
  deps.logger.fault(describeFault('unexpected-error', error, request.id));
  return new GatewayError(
    'internal_error',
    500,
    'Gatehouse failed. The request id helps its operator to find out why.',
    {
      retryable: true,
    },
  );
}
