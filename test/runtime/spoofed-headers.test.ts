import { createServer, request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewerRequestCode } from '../../lib/edge/viewer-request.ts';
import { json, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { deployProxy, type DeployedProxy } from './deployed-proxy.ts';

const completion = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

/** Headers by which a viewer may try to be somewhere or somebody else. The address is one that the key of another network allows. */
const spoofs: Readonly<Record<string, string>> = {
  'x-gatehouse-viewer-address': '203.0.113.5',
  'x-gatehouse-viewer-country': 'CH',
  'x-forwarded-for': '203.0.113.5',
  'x-real-ip': '203.0.113.5',
  forwarded: 'for=203.0.113.5;proto=https;host=ai.example.com',
  'true-client-ip': '203.0.113.5',
  'cf-connecting-ip': '203.0.113.5',
  'cloudfront-viewer-address': '203.0.113.5:443',
  'x-amzn-source-ip': '203.0.113.5',
  'x-amzn-apigateway-api-id': 'local00api',
  'x-amzn-requestid': '00000000-0000-0000-0000-000000000000',
  'x-amz-tenant-id': 'globex',
  'x-gateway-origin-verify': 'guessed',
};
const cases = [
  ...Object.entries(spoofs).map(([name, value]) => [name, { [name]: value }] as const),
  ['all', spoofs],
] as const;

describe('headers that a viewer makes up', () => {
  let upstream: Upstream;
  let proxy: DeployedProxy;
  let edge: Edge;

  beforeAll(async () => {
    upstream = await startUpstream(json(completion));
    proxy = await deployProxy(upstream.url, {});
    edge = await startEdge(proxy.host.url, 'origin-secret');
  });

  afterAll(async () => {
    await edge.close();
    await proxy.close();
    await upstream.close();
  });

  const call = (url: string, key: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: '{"model":"lab/m","messages":[{"role":"user","content":"hi"}]}',
    });

  it.each(cases)('open no network to a key and close none: %s', async (_name, headers) => {
    const here = await proxy.createKey({ cidrs: ['127.0.0.0/8'] });
    const elsewhere = await proxy.createKey({ cidrs: ['203.0.113.0/24'] });

    const allowed = await call(edge.url, here.apiKey, headers);
    const refused = await call(edge.url, elsewhere.apiKey, headers);

    expect(allowed.status).toBe(200);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'address_not_allowed' } });
  });

  it.each(cases)('open no way around the edge: %s', async (_name, headers) => {
    const { apiKey } = await proxy.createKey();

    const response = await call(proxy.host.url, apiKey, headers);

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'origin_not_verified' } });
  });

  it('give no second minute to a key', async () => {
    const { apiKey } = await proxy.createKey({ limits: { requestsPerMinute: 1 } });

    const first = await call(edge.url, apiKey, {});
    const second = await call(edge.url, apiKey, spoofs);

    expect(first.status).toBe(200);
    expect(second.status).toBe(429);
    expect(await second.json()).toMatchObject({ error: { code: 'requests_per_minute_exceeded' } });
  });

  it('reach no provider', async () => {
    const { apiKey } = await proxy.createKey();

    await call(edge.url, apiKey, spoofs);

    const sent = upstream.requests.at(-1)?.headers ?? {};
    expect(Object.keys(spoofs).filter((name) => sent[name] !== undefined)).toEqual([]);
  });

  it('are not even read with a body that is too large, which no function sees', async () => {
    const { apiKey } = await proxy.createKey();
    const before = proxy.host.invocations.length;

    const response = await fetch(`${edge.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...spoofs },
      body: 'x'.repeat(6 * 1024 * 1024 + 1),
    });

    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: 'request_too_large' } });
    expect(proxy.host.invocations.length).toBe(before);
  });
});

interface Edge {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * What of CloudFront matters here: it runs the function of the edge, forwards all headers but the host, and adds the origin header.
 * It adds it beside one that is there already, which is worse than what CloudFront is documented to do.
 */
async function startEdge(originUrl: string, originSecret: string): Promise<Edge> {
  const server = createServer((incoming, outgoing) => {
    const decided = runViewerRequest(incoming);
    if (decided.statusCode !== undefined) {
      incoming.resume().on('end', () => answer(decided, outgoing));
      return;
    }
    const headers = Object.entries(decided.headers).flatMap(([name, { value }]) =>
      name === 'host' ? [] : [name, value],
    );
    const onward = send(`${originUrl}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: [...headers, 'host', new URL(originUrl).host, 'x-gateway-origin-verify', originSecret],
    });
    onward.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Decided {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, { readonly value: string }>>;
  readonly body?: { readonly data: string };
}

function runViewerRequest(incoming: IncomingMessage): Decided {
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, { value: String(value) }]),
  );
  const event = { viewer: { ip: incoming.socket.remoteAddress }, request: { method: incoming.method, headers } };
  return runInNewContext(`${viewerRequestCode}; handler(event)`, { event }) as Decided;
}

function answer({ statusCode = 500, headers, body }: Decided, outgoing: ServerResponse): void {
  for (const [name, { value }] of Object.entries(headers)) outgoing.setHeader(name, value);
  outgoing.writeHead(statusCode).end(body?.data);
}
