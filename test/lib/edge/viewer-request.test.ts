import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { maxRequestBytes, requestTooLarge } from '../../../lambdas/http/request-body.ts';
import { viewerRequestCode } from '../../../lib/edge/viewer-request.ts';

interface Header {
  readonly value: string;
  readonly multiValue?: readonly { readonly value: string }[];
}

/** Hands the code an event as CloudFront does, in a world that holds nothing but the language. */
function run(headers: Record<string, Header>, ip = '203.0.113.7') {
  const request = { method: 'POST', uri: '/v1/chat/completions', querystring: {}, cookies: {}, headers };
  const event = { version: '1.0', context: { eventType: 'viewer-request' }, viewer: { ip }, request };
  const answer = runInNewContext(`'use strict'; ${viewerRequestCode}; JSON.stringify(handler(event))`, {
    event: structuredClone(event),
  });
  return JSON.parse(z.string().parse(answer)) as {
    readonly statusCode?: number;
    readonly headers: Record<string, Header>;
    readonly body?: { readonly encoding: string; readonly data: string };
  };
}

describe('the function of the edge', () => {
  it('puts the address that CloudFront saw over whatever the viewer sent under that name', () => {
    const spoofed = { value: '10.0.0.1', multiValue: [{ value: '10.0.0.1' }, { value: '10.0.0.2' }] };

    const request = run({ host: { value: 'example' }, 'x-gatehouse-viewer-address': spoofed }, '2001:db8::7');

    expect(request).toEqual({
      method: 'POST',
      uri: '/v1/chat/completions',
      querystring: {},
      cookies: {},
      headers: { host: { value: 'example' }, 'x-gatehouse-viewer-address': { value: '2001:db8::7' } },
    });
  });

  it.each(['x-gateway-origin-verify', 'x-amz-tenant-id'])('takes %s away from a viewer', (name) => {
    const request = run({ [name]: { value: 'guessed' }, authorization: { value: 'Bearer gh_key' } });

    expect(Object.keys(request.headers)).toEqual(['authorization', 'x-gatehouse-viewer-address']);
  });

  it.each([
    ['as long as the proxy takes', String(maxRequestBytes), undefined],
    ['one byte longer', String(maxRequestBytes + 1), 413],
    ['far longer', '99999999999999999999', 413],
    ['empty', '0', undefined],
    ['of no length that is a number', 'many', undefined],
    ['of a length below nothing', '-1', undefined],
    ['of a length without digits', '', undefined],
  ])('answers for a body %s', (_case, length, status) => {
    const answer = run({ 'content-length': { value: length } });

    expect(answer.statusCode).toBe(status);
  });

  it('lets a body without a length pass, which the gateway and the proxy measure', () => {
    const answer = run({ 'transfer-encoding': { value: 'chunked' } });

    expect(answer.statusCode).toBeUndefined();
  });

  it('says 413 in the words of the proxy, and not to try again', () => {
    const answer = run({ 'content-length': { value: '7000000' } });

    expect(answer).toMatchObject({ statusDescription: 'Content Too Large', body: { encoding: 'text' } });
    expect(answer.headers).toEqual({
      'content-type': { value: 'application/json' },
      'cache-control': { value: 'no-store' },
      'x-should-retry': { value: 'false' },
      'x-gatehouse-error-code': { value: 'request_too_large' },
      'x-gatehouse-error-owner': { value: 'caller' },
    });
    expect(JSON.parse(answer.body?.data ?? '')).toMatchObject({
      type: 'error',
      error: { type: 'request_too_large', code: 'request_too_large', message: requestTooLarge().message },
    });
  });

  it('uses nothing that the runtime of CloudFront does not list', () => {
    const unlisted = /\?\.|\?\?|\.\.\.|=>|\b(of|class|import|yield|function\*|process|require|Buffer)\b/;

    // Texts of the answer aside.
    const code = viewerRequestCode.replaceAll(/"(?:\\.|[^"\\])*"/g, '""');

    expect(code).not.toMatch(unlisted);
  });

  it('has the limit of the proxy, and stays below the 10 KB that CloudFront takes', () => {
    expect(viewerRequestCode).toContain(` > ${maxRequestBytes})`);
    expect(maxRequestBytes).toBe(6 * 1024 * 1024);
    expect(Buffer.byteLength(viewerRequestCode)).toBeLessThan(10 * 1024);
  });
});
