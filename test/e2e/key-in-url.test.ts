import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gatehouse, startGatehouse } from '../fixtures/gatehouse.ts';

const path = '/v1beta/models/sim/echo:generateContent';
const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
});
afterAll(() => gatehouse.close());

function post(query: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${gatehouse.url}${path}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

test('a key in the address is refused, in the words of Gemini, and not repeated', async () => {
  const response = await post(`?key=${gatehouse.apiKey}`, {});

  const text = await response.text();
  expect(response.status).toBe(401);
  expect(JSON.parse(text)).toMatchObject({
    error: { status: 'UNAUTHENTICATED', message: expect.stringMatching(/header/) },
  });
  expect(response.headers.get('x-gatehouse-error-code')).toBe('missing_api_key');
  expect(text).not.toContain(gatehouse.apiKey);
});

test('the header of Google’s client is enough, whatever else is in the address', async () => {
  const response = await post('?alt=json&key=of-nobody', { 'x-goog-api-key': gatehouse.apiKey });

  expect(response.status).toBe(200);
});
