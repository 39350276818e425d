import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayRequest, GatewayResponse } from '../../../lambdas/http/gateway-request.ts';
import { noUsage, totalInputTokens, type TokenUsage } from '../../../lambdas/metering/token-usage.ts';
import { totalHolds } from '../../../lambdas/store/meter-item.ts';
import { spentMicroUsd } from '../../../lambdas/store/meter.ts';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import type { ClientProtocol, UpstreamProtocol } from '../../contract/cases.ts';
import { requestFixture, responseFixture } from '../../contract/fixtures.ts';
import { pairs } from '../../contract/matrix.ts';
import { withStream } from '../../contract/pipeline.ts';
import { readers } from '../../contract/readers.ts';
import { json, type Json } from '../../contract/seen.ts';
import { meteredOf, streamWith, withUsage, writeUsage } from '../../contract/vendor-usage.ts';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  putCatalog,
  readText,
  recordOf,
  startTestStore,
  type Tenant,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { startUpstream } from '../../fixtures/upstream.ts';

/*
 * The money of a request whose client and provider speak different protocols: what the provider reported is what the record says,
 * what the client is told and what the meters took.
 */

/** No rate is another's, so that no part can stand for another. */
const price = {
  inputPerMillion: 1_000_003,
  outputPerMillion: 5_000_011,
  cacheReadPerMillion: 100_019,
  cacheWritePerMillion: 1_250_023,
  cacheWrite1hPerMillion: 2_000_029,
};
const reported: TokenUsage = {
  inputTokens: 1_001,
  cacheReadInputTokens: 307,
  cacheWrite5mInputTokens: 53,
  cacheWrite1hInputTokens: 11,
  outputTokens: 79,
  reasoningTokens: 23,
};
const translated = pairs.filter(({ client, upstream }) => client !== upstream);
/** Of Bedrock and of the others: Claude's options depend on the name there. */
const model = 'anthropic.claude-sample';
const budgetMicroUsd = 10_000_000;

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

type Answer = (response: ServerResponse) => void | Promise<void>;

/** A provider that speaks one protocol, a key with a budget, and a client's plain question to it. */
async function createWorld(client: ClientProtocol, upstream: UpstreamProtocol, streamed: boolean, answer: Answer) {
  const clock = createTestClock();
  const provider = await startUpstream((_request, response) => answer(response));
  onTestFinished(() => provider.close());
  await putCatalog(store, {
    lab: { baseUrl: provider.url, protocols: [upstream], auth: { kind: 'none' }, models: [{ id: model, price }] },
  });
  const tenant = await createTenant(store, {
    key: { budget: { amountMicroUsd: budgetMicroUsd, period: 'month' } },
    organization: { billing: 'prepaid' },
    balanceMicroUsd: budgetMicroUsd,
  });
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  const ask = (signal?: AbortSignal): GatewayRequest => ({
    ...createRequest(clock, {
      apiKey: tenant.apiKey,
      path: pathOf(client, streamed),
      body: withStream(client, withModel(client), streamed),
      ...(signal !== undefined && { signal }),
    }),
    query: new URLSearchParams(client === 'gemini' && streamed ? { alt: 'sse' } : {}),
  });
  return { tenant, process, ask };
}

function withModel(client: ClientProtocol): Json {
  const fields = requestFixture(client, 'text');
  return client === 'gemini' ? fields : { ...fields, model: `lab/${model}` };
}

function pathOf(client: ClientProtocol, streamed: boolean): string {
  switch (client) {
    case 'openai-chat':
      return '/v1/chat/completions';
    case 'openai-responses':
      return '/v1/responses';
    case 'anthropic-messages':
      return '/v1/messages';
    case 'gemini':
      return `/v1beta/models/lab/${model}:${streamed ? 'streamGenerateContent' : 'generateContent'}`;
  }
}

const streamTypes: Partial<Record<UpstreamProtocol, string>> = {
  'bedrock-converse': 'application/vnd.amazon.eventstream',
};

const begin = (upstream: UpstreamProtocol, response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': streamTypes[upstream] ?? 'text/event-stream' });

const whole =
  (upstream: UpstreamProtocol, figures: Json | undefined): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(withUsage(responseFixture(upstream, 'text'), figures)));
  };

const stream =
  (upstream: UpstreamProtocol, figures: Json | undefined): Answer =>
  (response) =>
    void begin(upstream, response).end(streamWith(upstream, figures));

/** All but the end of it: the text is there, and nothing that says that it is complete. */
function firstPart(upstream: UpstreamProtocol): Buffer {
  const bytes = streamWith(upstream, writeUsage[upstream](reported));
  return bytes.subarray(0, Math.floor(bytes.length * cut[upstream]));
}

const cut: Readonly<Record<UpstreamProtocol, number>> = {
  'openai-chat': 0.5,
  'openai-responses': 0.5,
  'anthropic-messages': 0.7,
  gemini: 0.6,
  'bedrock-converse': 0.6,
};

function costOf(usage: TokenUsage): number {
  const exact =
    usage.inputTokens * price.inputPerMillion +
    usage.cacheReadInputTokens * price.cacheReadPerMillion +
    usage.cacheWrite5mInputTokens * price.cacheWritePerMillion +
    usage.cacheWrite1hInputTokens * price.cacheWrite1hPerMillion +
    usage.outputTokens * price.outputPerMillion;
  return Math.ceil(exact / 1_000_000);
}

function usageOf(record: RequestRecord | undefined): TokenUsage {
  const names = Object.keys(noUsage) as (keyof TokenUsage)[];
  return Object.fromEntries(names.map((name) => [name, record?.[name]])) as unknown as TokenUsage;
}

/** Spent, left, held and in flight, of the key's budget and of the organization's balance. */
async function readMeters({ keyMeter, organizationMeter }: Tenant): Promise<object[]> {
  const items = [await store.meter(keyMeter), await store.meter(organizationMeter)];
  return items.map((item) => ({
    spent: spentMicroUsd(item),
    left: item.balanceMicroUsd,
    held: totalHolds(item.buckets).amountMicroUsd,
    inflight: item.inflight,
  }));
}

const settledAt = (cost: number): object[] =>
  [0, 1].map(() => ({ spent: cost, left: budgetMicroUsd - cost, held: 0, inflight: 0 }));

async function seenUsage(client: ClientProtocol, response: GatewayResponse, streamed: boolean) {
  const text = await readText(response);
  return streamed ? readers[client].stream(Buffer.from(text)).usage : readers[client].answer(json(text)).usage;
}

describe.each(translated)('$client at a provider of $upstream', ({ client, upstream }) => {
  test.each([false, true])('costs what the provider reported, to the token; streamed: %s', async (streamed) => {
    const answer = (streamed ? stream : whole)(upstream, writeUsage[upstream](reported));
    const { tenant, process, ask } = await createWorld(client, upstream, streamed, answer);
    const request = ask();

    const response = await process.handle(request);
    const told = await seenUsage(client, response, streamed);

    const expected = meteredOf(upstream, reported);
    const cost = costOf(expected);
    const record = await recordOf(store, tenant, request);
    expect(usageOf(record)).toEqual(expected);
    expect(record).toMatchObject({ ending: 'completed', usageEstimated: false, costMicroUsd: cost, streamed });
    expect(told).toMatchObject({
      input: totalInputTokens(reported),
      cacheRead: reported.cacheReadInputTokens,
      output: reported.outputTokens,
    });
    if (!streamed) expect(response.headers['x-gatehouse-cost-micro-usd']).toBe(String(cost));
    expect(await readMeters(tenant)).toEqual(settledAt(cost));
  });

  test.each([false, true])('costs an estimate where nothing is reported; streamed: %s', async (streamed) => {
    const answer = (streamed ? stream : whole)(upstream, undefined);
    const { tenant, process, ask } = await createWorld(client, upstream, streamed, answer);
    const request = ask();

    await readText(await process.handle(request));

    await assessEstimate(tenant, request, 'completed');
  });

  test('costs an estimate where the stream breaks off', async () => {
    const { tenant, process, ask } = await createWorld(
      client,
      upstream,
      true,
      (response) => void begin(upstream, response).end(firstPart(upstream)),
    );
    const request = ask();

    await readText(await process.handle(request));

    await assessEstimate(tenant, request, 'provider-failed-midstream');
  });

  test('costs an estimate where the caller leaves', async () => {
    const { tenant, process, ask } = await createWorld(
      client,
      upstream,
      true,
      (response) => void begin(upstream, response).write(firstPart(upstream)),
    );
    const caller = new AbortController();
    const request = ask(caller.signal);

    const { body } = await process.handle(request);
    for await (const piece of body as AsyncIterable<Uint8Array>) if (piece.length > 0) caller.abort();

    await assessEstimate(tenant, request, 'caller-gone');
  });
});

async function assessEstimate(tenant: Tenant, request: GatewayRequest, ending: string): Promise<void> {
  const record = await recordOf(store, tenant, request);
  const usage = usageOf(record);
  const cost = costOf(usage);
  expect(record).toMatchObject({ ending, usageEstimated: true, costMicroUsd: cost });
  expect(totalInputTokens(usage)).toBeGreaterThan(0);
  expect(usage.outputTokens).toBeGreaterThan(0);
  expect(await readMeters(tenant)).toEqual(settledAt(cost));
}
