import { callProxy, chat, errorCode } from './call-proxy.ts';
import type { Check, Deployment } from './check.ts';

const parallelCalls = 30;
const admittedCalls = 10;
const prompt = 'Count from 1 to 60 in words, one per line.';

/** What needs a model that answers: the way there and back, and what is counted on it. */
export const modelChecks: readonly Check[] = [
  {
    id: 'streaming',
    claim: 'a stream arrives piece by piece through CloudFront, API Gateway and Lambda',
    needs: ['model'],
    async verify(deployment) {
      const { secret } = await deployment.createKey();
      const times = await streamTimes(deployment, secret);
      const [first = 0, last = 0] = [times[0], times.at(-1)];
      const moments = new Set(times.map((time) => Math.round(time / 20))).size;
      return {
        passed: moments >= 5 && last - first > 0,
        seen: `first byte after ${first} ms, ${times.length} pieces at ${moments} moments, last after ${last} ms`,
      };
    },
  },
  {
    id: 'record',
    claim: 'tokens and cost of a request can be read as soon as it has ended',
    needs: ['model'],
    async verify(deployment) {
      const { secret } = await deployment.createKey();
      const answer = await callProxy(deployment, {
        path: '/v1/chat/completions',
        secret,
        body: chat(modelOf(deployment), 'Say yes.', { max_tokens: 16 }),
      });
      await answer.arrayBuffer();
      const id = answer.headers.get('x-request-id') ?? '';
      const record = await callProxy(deployment, { path: `/v1/generation?id=${id}`, secret });
      return { passed: answer.ok && record.status === 200, seen: `${answer.status}, then ${record.status} for ${id}` };
    },
  },
  {
    id: 'exact-limit',
    claim: `of ${parallelCalls} calls at a time a key limited to ${admittedCalls} a minute admits exactly that many`,
    needs: ['model'],
    async verify(deployment) {
      const { secret } = await deployment.createKey({ requestsPerMinute: admittedCalls });
      await inOneMinute();
      const body = chat(modelOf(deployment), 'Say yes.', { max_tokens: 16 });
      const call = { path: '/v1/chat/completions', secret, body };
      const answers = await Promise.all(
        Array.from({ length: parallelCalls }, async () => {
          const response = await callProxy(deployment, call);
          return response.status === 429 ? ((await errorCode(response)) ?? 'edge') : 'admitted';
        }),
      );
      const admitted = answers.filter((answer) => answer === 'admitted').length;
      return { passed: admitted === admittedCalls, seen: `${admitted} admitted, ${answers.length - admitted} refused` };
    },
  },
  {
    id: 'revocation',
    claim: 'a revoked key is refused on its next request, in a warm environment',
    needs: ['model'],
    async verify(deployment) {
      const { id, secret } = await deployment.createKey();
      const body = chat(modelOf(deployment), 'Say yes.', { max_tokens: 16 });
      const call = { path: '/v1/chat/completions', secret, body };
      const before = await callProxy(deployment, call);
      await before.arrayBuffer();
      await deployment.admin.call('revokeKey', { parameters: { key: id } });
      const after = await callProxy(deployment, call);
      const code = await errorCode(after);
      return {
        passed: before.ok && code === 'api_key_revoked',
        seen: `${before.status}, then ${after.status} ${code}`,
      };
    },
  },
];

function modelOf({ model }: Deployment): string {
  if (model === undefined) throw new Error('no model was given');
  return model;
}

/** Milliseconds after the request at which pieces of a stream arrived. */
async function streamTimes(deployment: Deployment, secret: string): Promise<number[]> {
  const begun = performance.now();
  const body = chat(modelOf(deployment), prompt, { stream: true, max_tokens: 400 });
  const response = await callProxy(deployment, { path: '/v1/chat/completions', secret, body });
  const times: number[] = [];
  for await (const piece of response.body ?? []) {
    if (piece.length > 0) times.push(Math.round(performance.now() - begun));
  }
  if (!response.ok) throw new Error(`the model answered ${response.status}`);
  return times;
}

/** All calls must fall into one minute of the key's limit: waits for the next one where this one is nearly over. */
async function inOneMinute(): Promise<void> {
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs > 20_000) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, leftMs + 500);
  await promise;
}
