import { describe, expect, test } from 'vitest';
import { checkClock, checkNode, checkPolicy } from '../../cli/diagnosis.ts';
import { basePath } from '../../lambdas/control-plane/contract/operations.ts';
import { problem, type Script, startAdminServer } from './admin-server.ts';
import { runCommand } from './run-command.ts';
import { samples } from './samples.ts';

async function doctor(script?: Script) {
  const server = await startAdminServer(script);
  const ended = await runCommand(['doctor', '--json'], { server });
  const { checks } = JSON.parse(ended.stdout) as { checks: { name: string; status: string; detail: string }[] };
  return { ...ended, server, statuses: Object.fromEntries(checks.map(({ name, status }) => [name, status])), checks };
}

/** Changes the answer to one path. */
const instead =
  (path: string, answer: ReturnType<Script>): Script =>
  (call) =>
    call.path === path ? answer : undefined;

const endpoint = samples.listEndpoints.data[0]!;

describe('doctor', () => {
  test('finds nothing wrong where nothing is', async () => {
    const { code, statuses } = await doctor();

    expect(code).toBe(0);
    expect(statuses).toEqual({
      node: 'ok',
      connection: 'ok',
      'control plane': 'ok',
      clock: 'ok',
      api: 'ok',
      token: 'ok',
      'policy in local': 'ok',
    });
  });

  test('asks no further where nothing answers', async () => {
    const { code, statuses } = await doctor(instead('/healthz', { status: 500 }));

    expect(code).toBe(1);
    expect(statuses).toEqual({ node: 'ok', connection: 'ok', 'control plane': 'problem' });
  });

  test('finds a connection that is not told', async () => {
    const ended = await runCommand(['doctor']);

    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^problem {2}connection: .*GATEHOUSE_ADMIN_URL/m);
  });

  test('finds a token that is refused', async () => {
    const { code, statuses } = await doctor(
      instead(`${basePath}/organizations`, problem(401, 'invalid_token', 'The token is not valid.')),
    );

    expect(code).toBe(1);
    expect(statuses).toMatchObject({ token: 'problem' });
    expect(statuses).not.toHaveProperty('policy in local');
  });

  test('finds an API that is not there, or older', async () => {
    const other = await doctor(instead(`${basePath}/openapi.json`, { status: 404, body: 'no' }));
    const older = await doctor(
      instead(`${basePath}/openapi.json`, { body: { paths: { '/': { get: { operationId: 'createKey' } } } } }),
    );

    expect(other.statuses).toMatchObject({ api: 'problem' });
    expect(older.checks.find(({ name }) => name === 'api')?.detail).toMatch(/does not know createOrganization/);
    expect([other.code, older.code]).toEqual([1, 1]);
  });

  test('looks at every data plane', async () => {
    const alive = await startAdminServer();
    const dead = await startAdminServer(() => ({ status: 503 }));
    const data = [
      { ...endpoint, region: 'eu-west-1', url: alive.url },
      { ...endpoint, region: 'us-east-1', url: dead.url },
      { ...endpoint, region: 'ap-south-1', policy: { ...endpoint.policy, status: 'unreachable' } },
    ];

    const { code, statuses } = await doctor(instead(`${basePath}/endpoints`, { body: { data, nextCursor: null } }));

    expect(code).toBe(1);
    expect(statuses).toMatchObject({
      'data plane in eu-west-1': 'ok',
      'data plane in us-east-1': 'problem',
      'policy in ap-south-1': 'problem',
    });
    expect(alive.calls[0]?.headers.authorization).toBeUndefined();
  });

  test('leaves out what the caller may not see', async () => {
    const { code, statuses } = await doctor(
      instead(`${basePath}/endpoints`, problem(403, 'permission_denied', 'Your role does not allow this.')),
    );

    expect(code).toBe(0);
    expect(statuses).toMatchObject({ 'data planes': 'skipped' });
  });

  test('prints one line a check, and only problems with --quiet', async () => {
    const server = await startAdminServer(instead(`${basePath}/openapi.json`, { status: 404, body: 'no' }));

    const all = await runCommand(['doctor'], { server });
    const problems = await runCommand(['doctor', '--quiet'], { server });

    expect(all.stdout.trim().split('\n')).toHaveLength(7);
    expect(problems.stdout).toMatch(/^problem {2}api: [^\n]+\n$/);
  });
});

describe('a check', () => {
  test('of Node takes 24 and later', () => {
    expect(checkNode('24.0.0')).toMatchObject({ status: 'ok' });
    expect(checkNode('20.20.2')).toMatchObject({ status: 'problem' });
  });

  test('of the clock takes half a minute', () => {
    const now = Date.parse('2026-11-22T06:30:00Z');

    expect(checkClock('Sun, 22 Nov 2026 06:29:31 GMT', now)).toMatchObject({ status: 'ok' });
    expect(checkClock('Sun, 22 Nov 2026 06:30:31 GMT', now)).toMatchObject({ status: 'problem' });
    expect(checkClock(null, now)).toMatchObject({ status: 'skipped' });
  });

  test('of policy tells what was repaired', () => {
    const policy = { ...endpoint.policy, status: 'repaired', missing: 1, stale: 2, foreign: 3 } as const;

    expect(checkPolicy({ region: 'x', policy }).detail).toMatch(/1 missing, 2 stale and 3 foreign/);
    expect(checkPolicy({ region: 'x', policy: { ...policy, status: 'unknown' } })).toMatchObject({ status: 'ok' });
  });
});
