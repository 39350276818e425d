import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayRequest, GatewayResponse } from '../../../lambdas/http/gateway-request.ts';
import { type StoreClient, StoreError } from '../../../lambdas/store/client.ts';
import { spentMicroUsd } from '../../../lambdas/store/meter.ts';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import {
  chatBody,
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  declareProvider,
  putCatalog,
  readText,
  recordOf,
  startTestStore,
  type Tenant,
  type TestClock,
  type TestProcess,
  type TestRequest,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import {
  deadOnConnect,
  type Handler,
  hangBeforeHeaders,
  hangMidStream,
  html500,
  json,
  resetMidStream,
  sampleChunks,
  sampleCompletion,
  sse,
  startUpstream,
  type Upstream,
} from '../../fixtures/upstream.ts';

/** More than any hold lives. */
const holdsEndMs = 23 * 60_000;
const sampleCost = 14;
const firstEvent = 'Hello';

interface Row {
  readonly ending: string;
  readonly record: string;
  readonly charged: string;
  readonly holds: string;
}

const rows = readRows();

function readRows(): Row[] {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/settlement.md'), 'utf8');
  const table = text.slice(text.indexOf('| Ending |')).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))
    .map(([, ending = '', , record = '', charged = '', holds = '']) => ({ ending, record, charged, holds }));
}

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.close());

/** A tenant with a budget and a balance, a process that serves it, and an upstream that follows a script. */
interface World {
  readonly clock: TestClock;
  readonly tenant: Tenant;
  readonly process: TestProcess;
  readonly upstream: Upstream;
  /** From now on the store of the process does this instead. */
  breakStore(fault: () => Promise<never>): void;
  request(options?: Partial<TestRequest>): GatewayRequest;
}

interface WorldOptions {
  readonly script?: Handler | readonly [Handler, ...Handler[]];
  readonly providerUrl?: string;
  readonly budgetMicroUsd?: number;
  readonly upstreamFault?: Error;
}

/** Long enough for a busy machine, short enough to be waited for. */
const timeouts = { connectMs: 400, firstByteMs: 400, idleMs: 400 };

async function createWorld(options: WorldOptions = {}): Promise<World> {
  const clock = createTestClock();
  const upstream = await startUpstream(options.script ?? json(sampleCompletion));
  onTestFinished(() => upstream.close());
  await putCatalog(store, { lab: declareProvider(options.providerUrl ?? upstream.url) });
  const targets = [{ provider: 'lab', model: 'sample' }];
  const tenant = await createTenant(store, {
    key: { budget: { amountMicroUsd: options.budgetMicroUsd ?? 1_000, period: 'month' } },
    organization: { billing: 'prepaid' },
    balanceMicroUsd: 5_000,
    routes: {
      alias: { strategy: 'ordered', targets, timeouts },
      both: { strategy: 'ordered', targets: [...targets, ...targets], timeouts },
    },
  });
  let fault: (() => Promise<never>) | undefined;
  const process = createProcess(store, clock, { store: breakable(store.store, () => fault) });
  onTestFinished(() => process.close());
  const { upstreamFault } = options;
  const failing = { post: () => Promise.reject(upstreamFault), close: () => {} };
  const served = upstreamFault === undefined ? process : createProcess(store, clock, { upstream: failing });
  return {
    clock,
    tenant,
    process: served,
    upstream,
    breakStore: (what) => (fault = what),
    request: (request) =>
      createRequest(clock, { apiKey: tenant.apiKey, body: chatBody({ model: 'alias' }), ...request }),
  };
}

function breakable(real: StoreClient, fault: () => (() => Promise<never>) | undefined): StoreClient {
  return {
    ...real,
    getItem: (input) => fault()?.() ?? real.getItem(input),
    putItem: (input) => fault()?.() ?? real.putItem(input),
    updateItem: (input) => fault()?.() ?? real.updateItem(input),
  };
}

const streamed = chatBody({ model: 'alias', stream: true });

/** Sends a request and says what its caller sees. */
async function see(world: World, request: GatewayRequest): Promise<{ response: GatewayResponse; text: string }> {
  const response = await world.process.handle(request);
  return { response, text: await readText(response) };
}

/** One for each row of the table: makes a request end that way, and checks what the caller sees. */
const scenarios: Readonly<Record<string, () => Promise<{ world: World; request: GatewayRequest }>>> = {
  'completed with usage': async () => {
    const world = await createWorld();
    const request = world.request();
    const { response } = await see(world, request);
    expect(response.status).toBe(200);
    expect(response.headers['x-gatehouse-cost-micro-usd']).toBe(String(sampleCost));
    return { world, request };
  },

  'completed without usage': async () => {
    const world = await createWorld({ script: sse(sampleChunks.filter((_, index) => index !== 3)) });
    const request = world.request({ body: streamed });
    const { text } = await see(world, request);
    expect(text).toContain('[DONE]');
    return { world, request };
  },

  'completed by another target': async () => {
    const world = await createWorld({ script: [html500, json(sampleCompletion)] });
    const request = world.request({ body: chatBody({ model: 'both' }) });
    const { response } = await see(world, request);
    expect([response.status, response.headers['x-gatehouse-attempts']]).toEqual([200, '2']);
    return { world, request };
  },

  'refused by the provider': async () => {
    const world = await createWorld({ script: json({ error: { message: 'too long', code: 'length' } }, 400) });
    const request = world.request();
    const { response, text } = await see(world, request);
    expect(response.status).toBe(400);
    expect(text).toContain('too long');
    return { world, request };
  },

  'failed before the first byte': async () => {
    const world = await createWorld({ script: html500 });
    const request = world.request({ body: streamed });
    const { response } = await see(world, request);
    expect([response.status, response.headers['x-should-retry']]).toEqual([502, 'true']);
    return { world, request };
  },

  'provider unreachable': async () => {
    const world = await createWorld({ script: deadOnConnect });
    const request = world.request();
    const { response } = await see(world, request);
    expect(response.status).toBe(502);
    return { world, request };
  },

  'no connection in time': async () => {
    // Takes the connection and never answers its TLS handshake.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('connection', (socket) => onTestFinished(() => void socket.destroy()));
    onTestFinished(() => void server.close());
    const providerUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const world = await createWorld({ providerUrl });
    const request = world.request();
    const { response } = await see(world, request);
    expect(response.status).toBe(504);
    return { world, request };
  },

  'no first byte in time': async () => {
    const world = await createWorld({ script: hangBeforeHeaders });
    const request = world.request({ body: streamed });
    const { response } = await see(world, request);
    expect(response.status).toBe(504);
    return { world, request };
  },

  'failed midstream': async () => {
    const world = await createWorld({ script: resetMidStream(500) });
    const request = world.request({ body: streamed });
    const { response, text } = await see(world, request);
    expect(response.status).toBe(200);
    expect(text).toContain(firstEvent);
    expect(text).toContain('"code":"provider_error"');
    return { world, request };
  },

  'silent midstream': async () => {
    const world = await createWorld({ script: hangMidStream() });
    const request = world.request({ body: streamed });
    const { text } = await see(world, request);
    expect(text).toContain(firstEvent);
    expect(text).toContain('"code":"provider_timeout"');
    return { world, request };
  },

  'past the total deadline': async () => {
    const endless = Array.from({ length: 200 }, () => sampleChunks[0] as object);
    const world = await createWorld({ script: sse(endless, 50) });
    const request = world.request({ body: streamed, deadlineMs: 800 });
    const { text } = await see(world, request);
    expect(text).toContain(firstEvent);
    expect(text).toContain('"code":"provider_timeout"');
    return { world, request };
  },

  'caller gone before the first byte': async () => {
    const world = await createWorld({ script: hangBeforeHeaders });
    const caller = new AbortController();
    const request = world.request({ signal: caller.signal });
    const response = world.process.handle(request);
    const sent = await world.upstream.received(1);
    caller.abort();
    await response;
    expect((await sent.ended).outcome).toBe('aborted');
    return { world, request };
  },

  'caller gone midstream': async () => {
    const world = await createWorld({ script: hangMidStream() });
    const caller = new AbortController();
    const request = world.request({ body: streamed, signal: caller.signal });
    const { body } = await world.process.handle(request);
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      if (Buffer.from(piece).includes(firstEvent)) caller.abort();
    }
    expect((await (await world.upstream.received(1)).ended).outcome).toBe('aborted');
    return { world, request };
  },

  'gateway fault': async () => {
    const world = await createWorld({ upstreamFault: new TypeError('a fault of ours') });
    const request = world.request();
    const { response, text } = await see(world, request);
    expect(response.status).toBe(500);
    expect(text).not.toContain('a fault of ours');
    return { world, request };
  },

  'process killed': async () => {
    const world = await createWorld({ script: hangBeforeHeaders });
    const request = world.request();
    void world.process.handle(request);
    await world.upstream.received(1);
    // Nothing of this process reaches the store any more, and nothing comes back from it.
    world.breakStore(() => new Promise<never>(() => {}));
    return { world, request };
  },

  'store unavailable at settlement': async () => {
    const world: World = await createWorld({
      script: (incoming, outgoing) => {
        world.breakStore(() => Promise.reject(new StoreError('unavailable', 'no answer')));
        return json(sampleCompletion)(incoming, outgoing);
      },
    });
    const request = world.request();
    const { response } = await see(world, request);
    expect(response.status).toBe(200);
    const faults = world.process.logs.filter(({ type }) => type === 'fault');
    expect(faults).toHaveLength(3);
    expect(faults[0]).toMatchObject({ kind: 'settlement-failed', requestId: request.id });
    return { world, request };
  },

  'refused at admission': async () => {
    const world = await createWorld({ budgetMicroUsd: 5 });
    const request = world.request();
    const { response } = await see(world, request);
    expect([response.status, response.headers['x-gatehouse-error-code']]).toEqual([402, 'budget_exceeded']);
    expect(world.upstream.requests).toHaveLength(0);
    expect(world.process.logs).toMatchObject([{ type: 'refused', status: 402, errorCode: 'budget_exceeded' }]);
    return { world, request };
  },
};

function describeRecord(record: RequestRecord | undefined): string {
  if (record === undefined) return 'none';
  return [record.ending, record.status, record.errorCode].filter((part) => part !== undefined).join(' ');
}

function assessCharge(charged: string, record: RequestRecord | undefined): void {
  switch (charged) {
    case 'reported usage':
      expect(record).toMatchObject({ usageEstimated: false, costMicroUsd: sampleCost });
      return;
    case 'estimate':
      expect(record?.usageEstimated).toBe(true);
      expect(record?.outputTokens).toBeGreaterThan(0);
      expect(record?.costMicroUsd).toBe((record?.inputTokens ?? 0) + 2 * (record?.outputTokens ?? 0));
      return;
    case 'estimate of the input':
      expect(record).toMatchObject({ usageEstimated: true, outputTokens: 0 });
      expect(record?.costMicroUsd).toBeGreaterThan(0);
      return;
    default:
      expect(charged).toBe('nothing');
      expect(record?.costMicroUsd ?? 0).toBe(0);
  }
}

/** Both meters: what was spent, and how many requests they take to be in flight. */
async function readMeters({ tenant }: World): Promise<{ spent: number[]; inflight: number[] }> {
  const items = [await store.meter(tenant.keyMeter), await store.meter(tenant.organizationMeter)];
  return { spent: items.map(spentMicroUsd), inflight: items.map(({ inflight }) => inflight) };
}

/** Another process, later: its admission meets the meters, and is settled with what the sample costs. */
async function useLater({ clock, tenant }: World): Promise<void> {
  const upstream = await startUpstream(json(sampleCompletion));
  onTestFinished(() => upstream.close());
  await putCatalog(store, { lab: declareProvider(upstream.url) });
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  clock.advance(holdsEndMs);
  const response = await process.handle(createRequest(clock, { apiKey: tenant.apiKey }));
  expect(response.status).toBe(200);
}

describe('a request that ends as', () => {
  test.each(rows)('$ending', async ({ ending, record: expected, charged, holds }) => {
    const scenario = scenarios[ending];
    if (scenario === undefined) throw new Error('this row of docs/settlement.md has no test');

    const { world, request } = await scenario();

    const record = await recordOf(store, world.tenant, request);
    const cost = record?.costMicroUsd ?? 0;
    expect(describeRecord(record)).toBe(expected);
    assessCharge(charged, record);
    expect((await readMeters(world)).spent).toEqual([cost, cost]);
    if (holds === 'returned when their bucket ends') {
      expect((await readMeters(world)).inflight).toEqual([1, 1]);
      await useLater(world);
      expect((await readMeters(world)).spent).toEqual([sampleCost, sampleCost]);
    } else {
      expect(['settled', 'undone']).toContain(holds);
    }
    expect((await readMeters(world)).inflight).toEqual([0, 0]);
  });

  test('caller gone midstream, where all that shows is that nobody reads any more', async () => {
    const world = await createWorld({ script: hangMidStream() });
    const request = world.request({ body: streamed });

    const { body } = await world.process.handle(request);
    for await (const piece of body as AsyncIterable<Uint8Array>) if (piece.length > 0) break;

    const record = await recordOf(store, world.tenant, request);
    expect(describeRecord(record)).toBe('caller-gone 200');
    expect(record?.costMicroUsd).toBeGreaterThan(0);
    expect(await readMeters(world)).toEqual({ spent: [record?.costMicroUsd, record?.costMicroUsd], inflight: [0, 0] });
    expect((await (await world.upstream.received(1)).ended).outcome).toBe('aborted');
  });

  test('has a row in docs/settlement.md for every test', () => {
    expect(Object.keys(scenarios)).toEqual(rows.map(({ ending }) => ending));
  });
});
