import { createRoleAssumer } from '../aws/assume-role.ts';
import { readFunctionEnvironment } from '../aws/function-environment.ts';
import { createAwsTransport, type AwsJsonService, type AwsTransport } from '../aws/json-transport.ts';
import { createLeanKmsUnwrapper } from '../crypto/lean-kms-key-wrapper.ts';
import { errorResponse } from '../http/error-envelope.ts';
import { GatewayError } from '../http/gateway-error.ts';
import {
  type LambdaStreaming,
  sendThroughLambda,
  type StreamingHandler,
  toGatewayRequest,
} from '../http/lambda-adapter.ts';
import { type IncomingRequest, readHttpEvent } from '../http/lambda-event.ts';
import { createRequestId } from '../http/request-id.ts';
import { createUpstreamClient } from '../routing/upstream.ts';
import { createLeanStoreClient } from '../store/lean-client.ts';
import { tables } from '../store/tables.ts';
import { dataPlaneLines } from '../telemetry/data-plane-lines.ts';
import { createLineWriter } from '../telemetry/log-line.ts';
import { createLogger, describeFault } from '../telemetry/logger.ts';
import { thrownFailure } from '../telemetry/thrown-failure.ts';
import { createTraceExporter, type TraceExporter, xrayEndpoint } from '../telemetry/trace-exporter.ts';
import { createDataPlane } from './handle.ts';
import { createOriginCheck, originHeader, viewerAddressHeader } from './origin-check.ts';

/** The proxy function: composition root and entry. The environment is read here and nowhere else. */

const environment = process.env;

const { region, required, credentials, connectionTo } = readFunctionEnvironment(environment);
const now = (): number => Date.now();

function transport(service: AwsJsonService, endpointVariable: string): AwsTransport {
  return createAwsTransport({ service, ...connectionTo(endpointVariable) });
}

const write = (text: string): unknown => process.stdout.write(text);
const serviceName = environment['OTEL_SERVICE_NAME'];
const logger = createLogger(createLineWriter(write, { kinds: dataPlaneLines, metrics: true, serviceName, now }));

/** Spans go to a collector, or signed as this function to AWS X-Ray; by default nowhere. */
function createTraces(): TraceExporter | undefined {
  const toXray = environment['TRACES_TO_XRAY'] === 'true';
  const endpoint = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || (toXray ? xrayEndpoint(region) : undefined);
  if (endpoint === undefined) return undefined;
  return createTraceExporter({ endpoint, ...(toXray && { aws: { region, credentials } }), serviceName, logger, now });
}

const traces = createTraces();

const handle = createDataPlane({
  store: createLeanStoreClient(transport('dynamodb', 'AWS_ENDPOINT_URL_DYNAMODB')),
  tables: {
    policy: required(tables.policy.environmentVariable),
    meter: required(tables.meter.environmentVariable),
    requests: required(tables.requests.environmentVariable),
    vault: required(tables.vault.environmentVariable),
  },
  keyUnwrapper: createLeanKmsUnwrapper(transport('kms', 'AWS_ENDPOINT_URL_KMS'), required('VAULT_KEY_ARN')),
  upstream: createUpstreamClient({ allowPrivateAddresses: environment['ALLOW_PRIVATE_ADDRESSES'] === 'true' }),
  roles: createRoleAssumer(connectionTo('AWS_ENDPOINT_URL_STS')),
  awsCredentials: credentials,
  logger,
  ...(traces !== undefined && { traces }),
  region,
  now,
});

const originSecretId = environment['ORIGIN_SECRET_ARN'];
const checkOrigin =
  originSecretId === undefined
    ? undefined
    : createOriginCheck({
        secretsManager: transport('secretsmanager', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'),
        secretId: originSecretId,
        now,
        logger,
      });

declare const awslambda: LambdaStreaming;

const serve: StreamingHandler = async (event, stream, context) => {
  try {
    await respond(event, stream, context);
  } catch (error) {
    // What is thrown from here, the runtime writes into the log as a whole.
    logger.fault(describeFault('unexpected-error', error));
    throw thrownFailure(error, []);
  }
};

const respond: StreamingHandler = async (event, stream, context) => {
  const incoming = readHttpEvent(event);
  if (checkOrigin !== undefined && !(await checkOrigin(incoming.headers[originHeader]))) {
    await sendThroughLambda(refuseOrigin(), stream, awslambda);
    return;
  }
  const request = toGatewayRequest(incoming, context, { now, sourceAddress: sourceAddress(incoming) });
  await sendThroughLambda(await handle(request), stream, awslambda);
};

export const handler = awslambda.streamifyResponse(serve);

/** Says nothing about why: whoever sees this is not a customer. */
function refuseOrigin(): ReturnType<typeof errorResponse> {
  const error = new GatewayError('origin_not_verified', 403, 'Forbidden.', { retryable: false });
  const receivedAt = now();
  const id = createRequestId(receivedAt);
  const createdAt = new Date(receivedAt).toISOString();
  logger.refused({ id, createdAt, endpoint: 'unknown', status: error.status, errorCode: error.code, latencyMs: 0 });
  return errorResponse(error, 'openai', id);
}

/**
 * The caller's address. Behind our edge, whose header was just verified, a function in CloudFront puts it into a header, over
 * whatever the caller sent under that name; without an edge the platform knows it. `x-forwarded-for` is never trusted: its left
 * part is the caller's own words. (lib/edge/edge-distribution.ts)
 */
function sourceAddress({ headers, peerAddress }: IncomingRequest): string {
  const viewer = checkOrigin === undefined ? undefined : headers[viewerAddressHeader];
  return viewer ?? peerAddress;
}
