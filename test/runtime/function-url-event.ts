import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { edgeAddress, forwardedHeaders, type FrontSettings } from './rest-event.ts';

const urlId = 'local00url';
const host = `${urlId}.lambda-url.us-east-1.on.aws`;
/** Whatever else a body says it is reaches the function in base64. */
const textTypes = /^(text\/|application\/(json|javascript|xml)\b)/;

/**
 * Builds the event of a function URL (payload format 2.0). There are no binary media types to choose.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
export function buildFunctionUrlEvent(
  request: IncomingMessage,
  body: Buffer,
  settings: FrontSettings,
): LambdaFunctionURLEvent {
  const url = new URL(`https://${host}${request.url ?? '/'}`);
  const { cookie, ...headers } = joined(forwardedHeaders(request, { ...settings, host }));
  const isBase64Encoded = body.length > 0 && !textTypes.test(headers['content-type'] ?? 'text/plain');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: urlId,
      domainName: host,
      domainPrefix: urlId,
      http: {
        method: request.method ?? 'GET',
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: settings.originHeader === undefined ? (request.socket.remoteAddress ?? '127.0.0.1') : edgeAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: '22/Nov/2026:00:00:00 +0000',
      timeEpoch: Date.now(),
    },
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

/** Names in lower case, repeated ones joined by a comma. */
function joined(grouped: Record<string, string[]>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(grouped)) {
    const lowerCase = name.toLowerCase();
    headers[lowerCase] = [headers[lowerCase], ...values].filter((value) => value !== undefined).join(',');
  }
  return headers;
}
