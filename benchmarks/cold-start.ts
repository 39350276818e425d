import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { LambdaStreaming, StreamingHandler } from '../lambdas/http/lambda-adapter.ts';
import { chatRequest, type ClientProtocol, messagesRequest } from './exchange.ts';
import { benchApiKey } from './store-answers.ts';

/**
 * What a fresh Lambda environment pays: loading the bundle that is deployed, and its first call with every cache empty (three
 * policies, the provider credential and its key are read). Of a client whose protocol is not the provider's, the call also loads
 * the translation. Node's own start is not in it.
 */
async function main(bundle: string, storeUrl: string, client: ClientProtocol): Promise<void> {
  let serve: StreamingHandler | undefined;
  const awslambda: LambdaStreaming = {
    streamifyResponse: (handler) => (serve = handler),
    HttpResponseStream: { from: (stream) => stream },
  };
  Object.assign(globalThis, { awslambda });
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SESSION_TOKEN: 'x'.repeat(700),
    AWS_ENDPOINT_URL: storeUrl,
    VAULT_KEY_ARN: 'bench',
    ALLOW_PRIVATE_ADDRESSES: 'true',
    TABLE_POLICY: 'policy',
    TABLE_METER: 'meter',
    TABLE_REQUESTS: 'requests',
    TABLE_VAULT: 'vault',
  });
  const { path, body: requestBody, answerMark } = calls[client];
  const event = apiGatewayEvent(path, requestBody);
  const context = { getRemainingTimeInMillis: () => 900_000 } as Context;

  const startedAt = performance.now();
  createRequire(bundle)(bundle);
  const loadedAt = performance.now();
  const body: Buffer[] = [];
  await serve?.(event, collect(body), context);
  const endedAt = performance.now();

  const answer = Buffer.concat(body).toString();
  if (!answer.includes(answerMark)) throw new Error(`not an answer: ${answer.slice(0, 500)}`);
  // stdout also carries the request's log line; the result is the last line.
  console.log(JSON.stringify({ loadMs: loadedAt - startedAt, firstCallMs: endedAt - loadedAt }));
  // Kept-alive connections would hold the process.
  process.exitCode = 0;
  setImmediate(() => process.exit());
}

function collect(pieces: Buffer[]): Writable {
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
}

const calls: Readonly<Record<ClientProtocol, { path: string; body: string; answerMark: string }>> = {
  'openai-chat': { path: '/v1/chat/completions', body: chatRequest('whole'), answerMark: '"chat.completion"' },
  'anthropic-messages': { path: '/v1/messages', body: messagesRequest('whole'), answerMark: '"type":"message"' },
};

function apiGatewayEvent(path: string, body: string): APIGatewayProxyEvent {
  const headers = { Authorization: `Bearer ${benchApiKey}`, 'Content-Type': 'application/json' };
  return {
    httpMethod: 'POST',
    path,
    body,
    isBase64Encoded: false,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    resource: '/{proxy+}',
    requestContext: { identity: { sourceIp: '192.0.2.1' } } as APIGatewayProxyEvent['requestContext'],
  };
}

const client = process.env['BENCH_CLIENT'] === 'anthropic-messages' ? 'anthropic-messages' : 'openai-chat';
void main(process.env['BENCH_BUNDLE'] ?? '', process.env['BENCH_STORE_URL'] ?? '', client);
