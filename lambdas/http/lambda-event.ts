import type { APIGatewayProxyEvent, LambdaFunctionURLEvent } from 'aws-lambda';

/** An HTTP request as Lambda hands it over: by a REST API (payload format 1.0) or by a function URL (2.0). */
export type HttpEvent = APIGatewayProxyEvent | LambdaFunctionURLEvent;

/** What both formats say, in one shape. */
export interface IncomingRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly encoding: 'base64' | 'utf8';
  /** Who opened the connection to the endpoint: the caller, or the edge in front of it. */
  readonly peerAddress: string;
}

/**
 * Format 2.0 says its version; of what says another, or none, only a REST API's is known here.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function readHttpEvent(event: HttpEvent): IncomingRequest {
  return {
    ...('version' in event && event.version === '2.0'
      ? readFunctionUrl(event)
      : readRestApi(event as APIGatewayProxyEvent)),
    body: event.body ?? '',
    encoding: event.isBase64Encoded ? 'base64' : 'utf8',
  };
}

type Head = Omit<IncomingRequest, 'body' | 'encoding'>;

/** Names are in lower case and values joined already. Cookies, taken out of the headers, mean nothing here. */
function readFunctionUrl({ rawPath, rawQueryString, headers, requestContext }: LambdaFunctionURLEvent): Head {
  return {
    method: requestContext.http.method,
    path: rawPath,
    query: new URLSearchParams(rawQueryString),
    headers: headers as Record<string, string>,
    peerAddress: requestContext.http.sourceIp,
  };
}

function readRestApi(event: APIGatewayProxyEvent): Head {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    for (const value of values ?? []) query.append(name, value);
  }
  return {
    method: event.httpMethod,
    path: event.path,
    query,
    headers: joinHeaders(event.multiValueHeaders),
    peerAddress: event.requestContext.identity.sourceIp,
  };
}

/** Names keep the caller's spelling in format 1.0; ours are lower case. */
export function joinHeaders(given: APIGatewayProxyEvent['multiValueHeaders'] | null): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(given ?? {})) {
    if (values !== undefined) headers[name.toLowerCase()] = values.join(', ');
  }
  return headers;
}
