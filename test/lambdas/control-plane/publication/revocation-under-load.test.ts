import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eraseWorkspace } from '../../../../lambdas/control-plane/erase/erase-workspace.ts';
import { publishKey } from '../../../../lambdas/control-plane/publication/publish.ts';
import { replaceKey } from '../../../../lambdas/store/control/key.ts';
import { createControlPlane, createPublishedTenant, type TenantInControl } from '../../../fixtures/control-plane.ts';
import {
  createProcess,
  createRequest,
  createTestClock,
  declareProvider,
  putCatalog,
  startTestStore,
  type TestStore,
} from '../../../fixtures/data-plane.ts';
import { json, sampleCompletion, startUpstream, type Upstream } from '../../../fixtures/upstream.ts';

let store: TestStore;
let upstream: Upstream;

beforeAll(async () => {
  store = await startTestStore();
  upstream = await startUpstream(json(sampleCompletion));
  await putCatalog(store, { lab: declareProvider(upstream.url) });
});

afterAll(async () => {
  await upstream.close();
  await store.close();
});

interface Load {
  /** Answers to requests that began before the change was made, and after the call that made it had returned. */
  readonly before: string[];
  readonly after: string[];
}

const callersPerProcess = 15;

/** Many callers, of two processes with caches of their own, that ask on and on while `change` happens. */
async function askDuring(tenant: TenantInControl, change: () => Promise<unknown>): Promise<Load> {
  const clock = createTestClock(Date.now());
  const processes = [createProcess(store, clock), createProcess(store, clock)];
  onTestFinished(() => processes.forEach((process) => process.close()));
  const load: Load = { before: [], after: [] };
  let changed = false;
  const ask = async (process: (typeof processes)[number]): Promise<void> => {
    while (load.after.length < 100) {
      const beganAfter = changed;
      const { status, headers } = await process.handle(createRequest(clock, { apiKey: tenant.key.apiKey }));
      const answer = `${status} ${headers['x-gatehouse-error-code'] ?? ''}`.trim();
      (beganAfter ? load.after : load.before).push(answer);
    }
  };
  const changing = async (): Promise<void> => {
    while (load.before.length < 60) await new Promise((resolve) => setImmediate(resolve));
    await change();
    changed = true;
  };
  const callers = processes.flatMap((process) => Array.from({ length: callersPerProcess }, () => ask(process)));
  await Promise.all([changing(), ...callers]);
  return load;
}

test('a revoked key admits no request that began after the revocation returned', { timeout: 60_000 }, async () => {
  const { deps } = createControlPlane([store]);
  const tenant = await createPublishedTenant(deps);
  const { value, version } = tenant.key.stored;

  const { before, after } = await askDuring(tenant, async () => {
    const revoked = { ...value, status: 'revoked' } as const;
    await publishKey(deps, { value: revoked, version: (await replaceKey(deps.control, revoked, version))! });
  });

  expect(before.filter((answer) => answer === '200').length).toBeGreaterThan(30);
  expect(new Set(after)).toEqual(new Set(['401 api_key_revoked']));
});

test('an erased workspace admits none either, although every process knew it', { timeout: 60_000 }, async () => {
  const { deps } = createControlPlane([store]);
  const tenant = await createPublishedTenant(deps);
  const place = { organization: tenant.organization.id, workspace: tenant.workspace.id };

  const { before, after } = await askDuring(tenant, () => eraseWorkspace(deps, place, Date.now() + 30_000));

  expect(before.filter((answer) => answer === '200').length).toBeGreaterThan(30);
  expect(new Set(after)).toEqual(new Set(['401 invalid_api_key']));
});
