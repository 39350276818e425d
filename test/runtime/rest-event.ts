import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent } from 'aws-lambda';

/** The header that proves to the function that a request came through its own distribution. */
const ORIGIN_HEADER = 'x-gateway-origin-verify';

/** CloudFront's function sets it to the address of the viewer, over whatever the viewer sent. */
const VIEWER_HEADER = 'x-gatehouse-viewer-address';

const API_ID = 'local00api';
const STAGE = 'live';
const HOST = `${API_ID}.execute-api.us-east-1.amazonaws.com`;
/** The distribution's own address, as the gateway sees it when one is in front. */
export const edgeAddress = '198.51.100.7';
// They end at the gateway. Content-Length is not promised to the function either, so nothing may depend on it.
const DROPPED_HEADERS = ['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding'];

/** What stands between the caller and the function. */
export interface FrontSettings {
  /** The origin header's value. With it the request looks as if it came through CloudFront, without it direct to the gateway. */
  readonly originHeader: string | undefined;
  /** Media types whose bodies reach the function in base64, without parameters; `*`/`*` stands for all. */
  readonly binaryMediaTypes: readonly string[];
}

/**
 * Builds the event of a REST API's Lambda proxy integration (format 1.0) on `ANY /{proxy+}`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function buildRestEvent(request: IncomingMessage, body: Buffer, settings: FrontSettings): APIGatewayProxyEvent {
  const url = new URL(`https://${HOST}${request.url ?? '/'}`);
  const httpMethod = request.method ?? 'GET';
  const multiValueHeaders = forwardedHeaders(request, { ...settings, host: HOST });
  const query = groupValues([...url.searchParams]);
  const hasQuery = Object.keys(query).length > 0;
  const isBase64Encoded = body.length > 0 && isBinary(request.headers['content-type'], settings.binaryMediaTypes);
  return {
    resource: '/{proxy+}',
    path: url.pathname,
    httpMethod,
    headers: lastValues(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: hasQuery ? lastValues(query) : null,
    multiValueQueryStringParameters: hasQuery ? query : null,
    pathParameters: { proxy: url.pathname.slice(1) },
    stageVariables: null,
    requestContext: requestContext(request, {
      httpMethod,
      path: url.pathname,
      throughEdge: settings.originHeader !== undefined,
    }),
    body: body.length > 0 ? body.toString(isBase64Encoded ? 'base64' : 'utf8') : null,
    isBase64Encoded,
  };
}

function edgeHeaders(originHeader: string, viewer: string): [string, string][] {
  return [
    [ORIGIN_HEADER, originHeader],
    [VIEWER_HEADER, viewer],
  ];
}

function requestContext(
  request: IncomingMessage,
  call: { httpMethod: string; path: string; throughEdge: boolean },
): APIGatewayProxyEvent['requestContext'] {
  return {
    accountId: '123456789012',
    apiId: API_ID,
    authorizer: null,
    domainName: HOST,
    domainPrefix: API_ID,
    httpMethod: call.httpMethod,
    identity: {
      ...ANONYMOUS,
      sourceIp: call.throughEdge ? edgeAddress : callerAddress(request),
      userAgent: request.headers['user-agent'] ?? null,
    },
    path: `/${STAGE}${call.path}`,
    protocol: 'HTTP/1.1',
    requestId: randomUUID(),
    requestTimeEpoch: Date.now(),
    resourceId: 'proxy0',
    resourcePath: '/{proxy+}',
    stage: STAGE,
  };
}

const ANONYMOUS = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
};

/** What a front sends on of a request, under the name it has itself. */
export function forwardedHeaders(
  request: IncomingMessage,
  settings: Pick<FrontSettings, 'originHeader'> & { readonly host: string },
): Record<string, string[]> {
  const { originHeader } = settings;
  const replaced = [
    ...DROPPED_HEADERS,
    'x-forwarded-for',
    ...(originHeader === undefined ? [] : [ORIGIN_HEADER, VIEWER_HEADER]),
  ];
  const kept: [string, string][] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    if (!replaced.includes(name.toLowerCase())) kept.push([name, request.rawHeaders[index + 1] ?? '']);
  }
  // Each hop appends the address it was called from, to whatever the caller claims.
  const hops = [
    request.headers['x-forwarded-for'],
    callerAddress(request),
    originHeader === undefined ? [] : edgeAddress,
  ];
  return groupValues([
    ...kept,
    ['Host', settings.host],
    ['X-Forwarded-For', hops.flat().filter(Boolean).join(', ')],
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Proto', 'https'],
    ...(originHeader === undefined ? [] : edgeHeaders(originHeader, callerAddress(request))),
  ]);
}

function callerAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '127.0.0.1';
}

function isBinary(contentType: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? 'application/json';
  return binaryMediaTypes.includes('*/*') || binaryMediaTypes.includes(mediaType);
}

/** Header names keep the caller's spelling, as the gateway keeps it, so a function must not rely on either case. */
function groupValues(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const grouped: Record<string, string[]> = {};
  for (const [name, value] of pairs) (grouped[name] ??= []).push(value);
  return grouped;
}

function lastValues(grouped: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(grouped).map(([name, values]) => [name, values.at(-1) ?? '']));
}
