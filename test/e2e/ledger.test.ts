import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UsageDimension, usageDimensions } from '../../lambdas/control-plane/contract/usage.ts';
import { parseMeterItem, totalHolds } from '../../lambdas/store/meter-item.ts';
import { spentMicroUsd } from '../../lambdas/store/meter.ts';
import type { RequestRecord } from '../../lambdas/store/request-record.ts';
import { readAllItems } from '../fixtures/gatehouse.ts';
import {
  type Greeting,
  type LeaveForTheEnd,
  type LocalProcess,
  quietFlags,
  startLocalProcess,
  temporaryFolder,
} from '../fixtures/local-process.ts';
import { answerOfGatehouse } from './command-line.ts';
import { ledgerProvider, startLedgerProvider } from './ledger-provider.ts';

/*
 * Three accounts of the same money, kept by different writes: the records of requests, the sums made of them, and the meters that
 * limits and budgets are held to. Whatever happens to requests, and to the process, they agree to the micro-dollar.
 */

const startDay = new Date().toISOString().slice(0, 10);

const cleanUps: (() => Promise<void> | void)[] = [];
const leaveForTheEnd: LeaveForTheEnd = (cleanUp) => void cleanUps.push(cleanUp);
let dataFolder: string;
let runner: LocalProcess;
let greeting: Greeting;

interface Key {
  readonly id: string;
  readonly secret: string;
  readonly workspace: string;
}

interface Tenant {
  readonly id: string;
  readonly workspaces: readonly string[];
  readonly keys: readonly Key[];
}

let postpaid: Tenant;
let prepaid: Tenant;
/** Whose requests are under way when the process is killed: of those nobody can say what became of their records and charges. */
let interrupted: Tenant;
const prepaidMicroUsd = 50_000_000;
/** What callers were told of whole answers: the cost, by request id. */
const toldCosts = new Map<string, number>();
/** How many answers there were, by status and error code. */
const answers = new Map<string, number>();
let callersLeft = 0;

beforeAll(async () => {
  const upstream = await startLedgerProvider();
  cleanUps.push(() => upstream.close());
  dataFolder = path.join(temporaryFolder(leaveForTheEnd), 'data');
  await start();
  await call('PUT', '/providers/lab', ledgerProvider(upstream.url));
  await call('PUT', '/providers/lab-messages', ledgerProvider(upstream.url, 'anthropic-messages'));
  await call('PUT', '/providers/lab-gemini', ledgerProvider(upstream.url, 'gemini'));
  postpaid = await createTenant('Postpaid', {}, [
    { workspace: {}, keys: [{}, { budget: total(40_000_000) }] },
    {
      workspace: { budget: total(60_000_000), limits: { requestsPerDay: 100_000 } },
      keys: [{ limits: { requestsPerMinute: 5 } }, {}],
    },
  ]);
  prepaid = await createTenant('Prepaid', { billing: 'prepaid', budget: total(45_000_000) }, [
    { workspace: {}, keys: [{ budget: total(40_000_000) }, { budget: total(3_000) }] },
  ]);
  interrupted = await createTenant('Interrupted', {}, [{ workspace: {}, keys: [{}] }]);
  await call('POST', `/organizations/${prepaid.id}/balance-adjustments`, {
    amountMicroUsd: prepaidMicroUsd,
    reason: 'test',
  });
});

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

const total = (amountMicroUsd: number) => ({ amountMicroUsd, period: 'total' });

async function start(): Promise<void> {
  runner = startLocalProcess(quietFlags(dataFolder), {}, leaveForTheEnd);
  greeting = await runner.ready();
}

// A test says what it expects of the answer by looking at it.
// oxlint-disable-next-line typescript/no-explicit-any
async function call(method: string, resource: string, body?: object): Promise<any> {
  const response = await fetch(`${greeting.adminUrl}/admin/v1${resource}`, {
    method,
    headers: { authorization: `Bearer ${greeting.adminToken}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${resource} was answered with ${response.status}`);
  return answer;
}

async function createTenant(
  name: string,
  settings: object,
  plan: readonly { readonly workspace: object; readonly keys: readonly object[] }[],
): Promise<Tenant> {
  const { id } = await call('POST', '/organizations', { name, ...settings });
  const workspaces: string[] = [];
  const keys: Key[] = [];
  for (const [index, { workspace, keys: wanted }] of plan.entries()) {
    const created = await call('POST', `/organizations/${id}/workspaces`, { name: `${name} ${index}`, ...workspace });
    workspaces.push(created.id);
    for (const options of wanted) {
      keys.push(await call('POST', `/workspaces/${created.id}/keys`, { name: 'key', ...options }));
    }
  }
  return { id, workspaces, keys };
}

interface Kind {
  readonly model: string;
  readonly stream?: boolean;
  readonly leaves?: boolean;
}

const kinds: readonly Kind[] = [
  { model: 'lab/cheap' },
  { model: 'lab/cheap', stream: true },
  { model: 'lab/dear' },
  { model: 'lab/dear', stream: true },
  { model: 'lab/free' },
  { model: 'lab/failing' },
  { model: 'lab/resetting', stream: true },
  { model: 'lab/hanging', stream: true, leaves: true },
  { model: 'lab-messages/dear' },
  { model: 'lab-messages/cheap', stream: true },
  { model: 'lab-messages/resetting', stream: true },
  { model: 'lab-messages/hanging', stream: true, leaves: true },
  { model: 'lab-gemini/cheap' },
  { model: 'lab-gemini/dear', stream: true },
  { model: 'lab-gemini/hanging', stream: true, leaves: true },
  { model: 'sim/echo?input=12345&output=67&cacheRead=89', stream: true },
  { model: 'sim/overloaded' },
];

function post(key: Key, { model, stream = false }: Kind, maxTokens: number, signal?: AbortSignal): Promise<Response> {
  return fetch(`${greeting.proxyUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, max_tokens: maxTokens, messages: [{ role: 'user', content: 'Hello' }] }),
    ...(signal !== undefined && { signal }),
  });
}

async function ask(key: Key, kind: Kind, maxTokens: number): Promise<void> {
  const controller = new AbortController();
  const response = await post(key, kind, maxTokens, controller.signal);
  const outcome = `${response.status} ${response.headers.get('x-gatehouse-error-code') ?? ''}`.trim();
  answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
  if (kind.leaves === true && response.ok) {
    callersLeft += 1;
    await response.body?.getReader().read();
    controller.abort();
    return;
  }
  await response.arrayBuffer().catch(() => undefined);
  const told = response.headers.get('x-gatehouse-cost-micro-usd');
  if (told !== null) toldCosts.set(response.headers.get('x-request-id') ?? '', Number(told));
}

/** Hundreds of requests at the same time: `times` of each kind with every key. Nobody waits for anybody. */
async function sendAll(wanted: readonly Kind[], times: number): Promise<void> {
  const asked = [...postpaid.keys, ...prepaid.keys].flatMap((key) =>
    wanted.flatMap((kind, index) =>
      Array.from({ length: times }, (_, number) => ask(key, kind, 1 + ((7 * number + 11 * index) % 60))),
    ),
  );
  await Promise.all(asked);
}

/** Kills the process while some of its answers are there and others are not; says how many are. */
async function killUnderLoad(key: Key): Promise<number> {
  let answered = 0;
  const asked = Array.from({ length: 80 }, async () => {
    await (await post(key, { model: 'lab/cheap' }, 10)).arrayBuffer();
    answered += 1;
    if (answered === 30) runner.kill('SIGKILL');
  });
  await Promise.allSettled(asked);
  await runner.exited;
  return answered;
}

async function recordsOf({ id }: Tenant, filter = ''): Promise<RequestRecord[]> {
  const records: RequestRecord[] = [];
  let cursor = '';
  do {
    const page = await call('GET', `/organizations/${id}/requests?limit=100${filter}${cursor}`);
    records.push(...page.data);
    cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
  } while (cursor !== '');
  return records;
}

const usageOf = ({ id }: Tenant, groupBy: readonly string[] = []) =>
  call('GET', `/organizations/${id}/usage?from=${startDay}&groupBy=${groupBy.join(',')}`);

const costOf = (records: readonly RequestRecord[]): number =>
  records.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);

/** Those who left are settled behind their backs. */
async function whenSettled(): Promise<void> {
  const gone = async () => {
    const records = await Promise.all([postpaid, prepaid].map((tenant) => recordsOf(tenant, '&ending=caller-gone')));
    return records.flat().length;
  };
  await expect.poll(gone, { timeout: 10_000, interval: 100 }).toBe(callersLeft);
}

/** Every way to choose among the dimensions. */
function subsetsOf(dimensions: readonly UsageDimension[]): UsageDimension[][] {
  return dimensions.reduce<UsageDimension[][]>(
    (subsets, dimension) => subsets.flatMap((subset) => [subset, [...subset, dimension]]),
    [[]],
  );
}

function valueOf(record: RequestRecord, dimension: UsageDimension): string {
  return dimension === 'day' ? record.createdAt.slice(0, 10) : record[dimension];
}

/** What a report has to say: number and cost of the records with the same values. */
function expectedGroups(records: readonly RequestRecord[], dimensions: readonly UsageDimension[]): object[] {
  const groups = Object.groupBy(records, (record) =>
    JSON.stringify(Object.fromEntries(dimensions.map((dimension) => [dimension, valueOf(record, dimension)]))),
  );
  return Object.entries(groups).map(([values, members = []]) => ({
    ...(JSON.parse(values) as object),
    requests: members.length,
    costMicroUsd: costOf(members),
  }));
}

describe('records, sums and meters', () => {
  let records: { postpaid: RequestRecord[]; prepaid: RequestRecord[] };

  it('agree about a run that was killed, from the first moment of the next one', async () => {
    await sendAll(kinds, 4);
    await whenSettled();
    const answered = await killUnderLoad(interrupted.keys[0]!);
    await start();

    expect(answered).toBeLessThan(80);
    expect((await recordsOf(interrupted)).length).toBeGreaterThanOrEqual(answered);
    for (const tenant of [postpaid, prepaid, interrupted]) {
      const usage = await usageOf(tenant);
      const kept = await recordsOf(tenant);
      expect(usage.total).toMatchObject({ requests: kept.length, costMicroUsd: costOf(kept) });
    }
  });

  it('lack nothing of what was admitted, and have nothing of what was refused', async () => {
    await sendAll(kinds, 2);
    await whenSettled();

    records = { postpaid: await recordsOf(postpaid), prepaid: await recordsOf(prepaid) };
    const all = [...records.postpaid, ...records.prepaid];
    const refused = ['402 budget_exceeded', '429 requests_per_minute_exceeded'];
    for (const refusal of refused) expect(answers.get(refusal)).toBeGreaterThan(0);
    const admitted = [...answers].filter(([answer]) => !refused.includes(answer));
    expect(all).toHaveLength(admitted.reduce((sum, [, count]) => sum + count, 0));
    expect(new Set(admitted.map(([answer]) => answer))).toEqual(
      new Set(['200', '502 provider_error', '429 provider_rate_limited']),
    );
    expect(new Set(all.map(({ ending }) => ending))).toEqual(
      new Set(['completed', 'caller-gone', 'provider-failed', 'provider-failed-midstream']),
    );
    const costs = new Map(all.map(({ id, costMicroUsd }) => [id, costMicroUsd]));
    expect(toldCosts.size).toBeGreaterThan(50);
    for (const [id, told] of toldCosts) expect(costs.get(id)).toBe(told);
  });

  it('agree in every grouping', async () => {
    for (const [tenant, kept] of [
      [postpaid, records.postpaid],
      [prepaid, records.prepaid],
    ] as const) {
      await expect.poll(async () => (await usageOf(tenant)).total.requests).toBe(kept.length);
      for (const dimensions of subsetsOf(usageDimensions)) {
        const { data, total: sum } = await usageOf(tenant, dimensions);
        const groups = expectedGroups(kept, dimensions);
        expect(data, dimensions.join()).toHaveLength(groups.length);
        expect(data, dimensions.join()).toEqual(expect.arrayContaining(groups.map((g) => expect.objectContaining(g))));
        expect(sum).toMatchObject({ requests: kept.length, costMicroUsd: costOf(kept) });
      }
      const environment = { GATEHOUSE_DATA_DIR: dataFolder };
      const shown = await answerOfGatehouse(
        ['usage', '--organization', tenant.id, '--from', startDay, '--group-by', 'model'],
        environment,
      );
      expect(shown.total).toMatchObject({ requests: kept.length, costMicroUsd: costOf(kept) });
    }
  });

  it('agree with what meters took: of organization, workspace, key, budget and balance', async () => {
    runner.kill('SIGTERM');
    await runner.exited;
    const stored = await readAllItems(path.join(dataFolder, 'database'));
    const meters = new Map(stored.meter.map((item) => [item['pk']?.S ?? '', parseMeterItem(item)!]));
    const spent = (id: string): number => spentMicroUsd(meters.get(id)!);
    const costWhere = (kept: RequestRecord[], match: (record: RequestRecord) => boolean) => costOf(kept.filter(match));

    for (const [tenant, kept] of [
      [postpaid, records.postpaid],
      [prepaid, records.prepaid],
    ] as const) {
      expect(spent(`org#${tenant.id}`)).toBe(costOf(kept));
      for (const { id } of tenant.keys) expect(spent(`key#${id}`)).toBe(costWhere(kept, ({ key }) => key === id));
    }
    const limited = postpaid.workspaces[1];
    expect(spent(`workspace#${limited}`)).toBe(costWhere(records.postpaid, ({ workspace }) => workspace === limited));
    expect(spent(`budget#${prepaid.id}`)).toBe(costOf(records.prepaid));
    const balance = meters.get(`org#${prepaid.id}`)?.balanceMicroUsd;
    expect(balance).toBe(prepaidMicroUsd - costOf(records.prepaid));
    expect(costOf(records.prepaid)).toBeGreaterThan(0);
    const open = [...meters].map(([id, { inflight, buckets }]) => [id, inflight, totalHolds(buckets).amountMicroUsd]);
    expect(open).toEqual([...meters.keys()].map((id) => [id, 0, 0]));
  });
});
