import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { Hono } from 'hono';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { createAwsTransport } from '../../aws/json-transport.ts';
import { createRequestId } from '../../http/request-id.ts';
import { controlPlaneLines } from '../../telemetry/control-plane-lines.ts';
import { createLineWriter } from '../../telemetry/log-line.ts';
import { createLogger, describeFault } from '../../telemetry/logger.ts';
import { thrownFailure } from '../../telemetry/thrown-failure.ts';
import { createControlPlaneDependencies, requireVariable } from '../composition.ts';
import { createBootstrapTokenReader } from '../sign-in/bootstrap-token-secret.ts';
import { parseOidcSettings } from '../sign-in/oidc-settings.ts';
import { createSignIn } from '../sign-in/sign-in.ts';
import { createAdminApp } from './app.ts';
import { describeProblem, Problem } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

/** The admin function: composition root and entry. The environment is read here and nowhere else. */

const environment = process.env;
const write = (text: string): unknown => process.stdout.write(text);
const serviceName = environment['OTEL_SERVICE_NAME'];
const logger = createLogger(
  createLineWriter(write, { kinds: controlPlaneLines, metrics: true, serviceName, now: () => Date.now() }),
);
const deps = createControlPlaneDependencies(environment, logger);

const secretId = environment['BOOTSTRAP_TOKEN_SECRET_ARN'];
const signIn = createSignIn({
  ...(secretId !== undefined && { bootstrapToken: createBootstrapTokenReader(secretsManager(), secretId) }),
  issuers: parseOidcSettings(environment['OIDC_ISSUERS']),
  now: deps.now,
});

function secretsManager() {
  const endpoint = environment['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? environment['AWS_ENDPOINT_URL'];
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  // Lambda sets these once per environment and replaces the environment before they expire.
  const credentials = {
    accessKeyId: requireVariable(environment, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: requireVariable(environment, 'AWS_SECRET_ACCESS_KEY'),
    ...(sessionToken !== undefined && { sessionToken }),
  };
  return createAwsTransport({
    service: 'secretsmanager',
    region: requireVariable(environment, 'AWS_REGION'),
    credentials: async () => credentials,
    ...(endpoint !== undefined && { endpoint }),
  });
}

/** The caller's address as API Gateway saw it: what the caller writes into headers is not asked. */
const app = createAdminApp({ ...deps, signIn });
const entry = new Hono<{ Bindings: { requestContext: APIGatewayProxyEvent['requestContext'] } }>().all('*', (c) =>
  app.fetch(c.req.raw, { sourceAddress: c.env.requestContext.identity.sourceIp }),
);
const serve = handle(entry);

/** API Gateway passes on the body of a GET, which means nothing (RFC 9110 section 9.3.1) and which a `Request` cannot have. */
function withoutMeaninglessBody(event: APIGatewayProxyEvent): APIGatewayProxyEvent {
  return event.httpMethod === 'GET' || event.httpMethod === 'HEAD' ? { ...event, body: null } : event;
}

function tooLate(): APIGatewayProxyResult {
  const id = createRequestId(deps.now());
  const problem = new Problem('timeout', 504, 'The call took too long.', {
    detail: 'The same call can be repeated: it completes whatever was begun.',
    headers: { 'retry-after': '1' },
  });
  const createdAt = new Date(deps.now()).toISOString();
  logger.admin({ id, createdAt, operation: 'other', status: problem.status, latencyMs: 0 });
  const headers = { ...securityHeaders, 'content-type': 'application/problem+json', 'x-request-id': id };
  const body = JSON.stringify(describeProblem(problem, id));
  return { statusCode: problem.status, headers: { ...headers, ...problem.headers }, body };
}

/** Answers before the platform would cut it off: a caller waits for an answer, not for a timeout. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>({
  timeoutEarlyInMillis: 500,
  timeoutEarlyResponse: tooLate,
})
  .onError((request) => {
    logger.fault(describeFault('unexpected-error', request.error));
    request.error = thrownFailure(request.error, []);
  })
  .handler(async (event, context) => {
    // Hono has types of its own for the same events.
    const received = withoutMeaninglessBody(event) as unknown as LambdaEvent;
    return (await serve(received, context)) as APIGatewayProxyResult;
  });
