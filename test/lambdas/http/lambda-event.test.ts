import type { APIGatewayProxyEvent, Context, LambdaFunctionURLEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { toGatewayRequest } from '../../../lambdas/http/lambda-adapter.ts';
import { readHttpEvent } from '../../../lambdas/http/lambda-event.ts';
import { maxRequestBytes } from '../../../lambdas/http/request-body.ts';

/** As in the developer guide of API Gateway, less what is not read. */
const restApi = {
  httpMethod: 'POST',
  path: '/v1/chat%20completions',
  headers: { 'X-Twice': 'two', Authorization: 'Bearer key' },
  multiValueHeaders: { 'X-Twice': ['one', 'two'], Authorization: ['Bearer key'] },
  queryStringParameters: { id: '2' },
  multiValueQueryStringParameters: { id: ['1', '2'], text: ['a b'] },
  requestContext: { identity: { sourceIp: '198.51.100.7' } },
  body: '{"héllo":1}',
  isBase64Encoded: false,
} as unknown as APIGatewayProxyEvent;

/** As in the developer guide of Lambda, less what is not read. */
const functionUrl = {
  version: '2.0',
  rawPath: '/v1/chat%20completions',
  rawQueryString: 'id=1&id=2&text=a%20b',
  cookies: ['a=1'],
  headers: { 'x-twice': 'one,two', authorization: 'Bearer key' },
  queryStringParameters: { id: '1,2', text: 'a b' },
  requestContext: { http: { method: 'POST', path: '/v1/chat completions', sourceIp: '198.51.100.7' } },
  body: Buffer.from('{"héllo":1}').toString('base64'),
  isBase64Encoded: true,
} as unknown as LambdaFunctionURLEvent;

const context = { getRemainingTimeInMillis: () => 900_000 } as Context;
const options = { now: () => 0, sourceAddress: '203.0.113.7' };

describe.each([
  ['REST API', restApi],
  ['REST API that says its version', { ...restApi, version: '1.0' }],
  ['function URL', functionUrl],
])('an event of a %s', (_front, event) => {
  it('has method, path, query and address where its format has them', () => {
    const { method, path, query, peerAddress } = readHttpEvent(event);

    expect({ method, path, peerAddress }).toEqual({
      method: 'POST',
      path: '/v1/chat%20completions',
      peerAddress: '198.51.100.7',
    });
    expect([...query]).toEqual([
      ['id', '1'],
      ['id', '2'],
      ['text', 'a b'],
    ]);
  });

  it('has each header once, by its name in lower case', () => {
    const { headers } = readHttpEvent(event);

    expect(headers).toEqual({ 'x-twice': expect.stringMatching(/^one, ?two$/), authorization: 'Bearer key' });
  });

  it('has a body whatever it was encoded in', async () => {
    const request = toGatewayRequest(readHttpEvent(event), context, options);

    const body = await request.readBody();

    expect(body.toString()).toBe('{"héllo":1}');
  });

  it('may have no body', async () => {
    const { body: _body, ...bodiless } = event;
    const request = toGatewayRequest(readHttpEvent(bodiless as typeof event), context, options);

    const body = await request.readBody();

    expect(body).toHaveLength(0);
  });

  it('may have as much body as a request may have, and no more', async () => {
    const read = (bytes: number) => {
      const body = Buffer.alloc(bytes, 'x').toString(event.isBase64Encoded ? 'base64' : 'utf8');
      return toGatewayRequest(readHttpEvent({ ...event, body }), context, options).readBody();
    };

    expect(await read(maxRequestBytes)).toHaveLength(maxRequestBytes);
    await expect(read(maxRequestBytes + 1)).rejects.toMatchObject({ status: 413, code: 'request_too_large' });
  });

  it('speaks for the address it is told to speak for', () => {
    const request = toGatewayRequest(readHttpEvent(event), context, options);

    expect(request.sourceAddress).toBe('203.0.113.7');
  });
});
