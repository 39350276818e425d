import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { endpoints } from '../../../lambdas/data-plane/endpoints.ts';
import { viewerRequestCode } from '../../../lib/edge/viewer-request.ts';
import { proxyAcl, webRequest } from './synthesized-acl.ts';
import { evaluateWebAcl } from './web-acl-evaluator.ts';

interface Client {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: string;
}

const boundary = 'form-7f3a';
const recording = [
  `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\nopenai/gpt-4o-transcribe`,
  `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="../talk.bak"\r\ncontent-type: audio/mpeg\r\n\r\nID3 ../../etc`,
  `--${boundary}--`,
].join('\r\n');

/** As their SDKs send it: who calls, how the key is shown, what is in the address. */
const clients: readonly Client[] = [
  { name: 'OpenAI', headers: { 'user-agent': 'OpenAI/JS 6.49.0', authorization: 'Bearer gh_key' } },
  {
    name: 'Anthropic',
    headers: {
      'user-agent': 'Anthropic/JS 1.12.0',
      'x-api-key': 'gh_key',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'interleaved-thinking-2025-05-14',
    },
  },
  {
    name: 'Gemini, streaming',
    headers: { 'user-agent': 'google-genai-sdk/3.1.0', 'x-goog-api-key': 'gh_key', 'x-goog-api-client': 'gl-node/v24' },
    query: 'alt=sse',
  },
  {
    name: 'a form with a recording',
    headers: {
      'user-agent': 'OpenAI/JS 6.49.0',
      authorization: 'Bearer gh_key',
      'content-type': `multipart/form-data; boundary=${boundary}`,
    },
    body: recording,
  },
];

/** Names with what other names lack: a slash, a version's dot and colon, a slash that is encoded. */
const models = ['gpt-5.5', 'bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0', 'openai%2Fgpt-5.5'];

const paths = [
  ...new Set(endpoints.flatMap(({ path }) => models.map((model) => path.replace('{model}', () => model)))),
];

const acl = proxyAcl();

describe.each(clients)('a request of $name', ({ headers, query = '', body = '{"model":"m"}' }) => {
  it.each(paths)('passes the web ACL to %s without a rule that matches', (path) => {
    const request = webRequest({ path, query, headers: { ...headers, host: 'ai.example.com' }, body });

    const verdict = evaluateWebAcl(acl, request);

    expect(verdict).toMatchObject({
      action: 'allow',
      counted: body === recording ? [expect.stringMatching(/_BODY$/)] : [],
    });
  });

  it('leaves the function of the edge as it came, but for the address of the viewer', () => {
    const [uri = ''] = paths.filter((path) => path.includes('%2F') && path.includes(':stream'));
    const querystring = Object.fromEntries([...new URLSearchParams(query)].map(([name, value]) => [name, { value }]));
    const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }]));

    const request = runEdgeFunction({ method: 'POST', uri, querystring, cookies: {}, headers: given });

    const address = { 'x-gatehouse-viewer-address': { value: '203.0.113.7' } };
    expect(request).toEqual({ method: 'POST', uri, querystring, cookies: {}, headers: { ...given, ...address } });
  });
});

function runEdgeFunction(request: object): unknown {
  const event = { version: '1.0', context: { eventType: 'viewer-request' }, viewer: { ip: '203.0.113.7' }, request };
  const answer = runInNewContext(`'use strict'; ${viewerRequestCode}; JSON.stringify(handler(event))`, {
    event: structuredClone(event),
  });
  return JSON.parse(z.string().parse(answer));
}
