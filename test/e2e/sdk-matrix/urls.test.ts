import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();

/** A place that a request points at; `visits` counts who came to look. */
async function startPlace(): Promise<{ readonly url: string; visits: number }> {
  const server = createServer((_, response) => response.end('seen')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const place = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/image.png`, visits: 0 };
  server.on('connection', () => (place.visits += 1));
  return place;
}

test.each(upstreams.map((upstream) => [upstream.name, upstream] as const))(
  'content by URL is never fetched by the gateway on its way to %s',
  async (_, upstream) => {
    const place = await startPlace();
    const content = [
      { type: 'text', text: 'what is it?' },
      { type: 'image_url', image_url: { url: place.url } },
    ];

    const response = await fetch(`${matrix.gatehouse.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${matrix.gatehouse.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: upstream.model('vision'), max_tokens: 50, messages: [{ role: 'user', content }] }),
    });
    const text = await response.text();

    expect(place.visits).toBe(0);
    expect(response.status).toBe(upstream.name === 'bedrock' ? 400 : 200);
    expect(text).toContain(upstream.name === 'bedrock' ? 'parameter_not_supported' : place.url);
  },
);
