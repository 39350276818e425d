import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAllItems, type StoredItems } from '../fixtures/gatehouse.ts';
import {
  type Greeting,
  type LeaveForTheEnd,
  type LocalProcess,
  quietFlags,
  startLocalProcess,
  temporaryFolder,
} from '../fixtures/local-process.ts';
import { json, sampleCompletion, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { findAll, itemsOf } from './search.ts';

/** A whole tenancy from a fresh installation to its end, by the command line alone, both as processes of their own. */

const entry = fileURLToPath(new URL('../../bin/cli.ts', import.meta.url));
const secret = 'sk-lab-5f0e9a7c1b';

let dataFolder: string;
let runner: LocalProcess;
let greeting: Greeting;
let upstream: Upstream;
const cleanUps: (() => Promise<void> | void)[] = [];
const leaveForTheEnd: LeaveForTheEnd = (cleanUp) => void cleanUps.push(cleanUp);

beforeAll(async () => {
  upstream = await startUpstream(json(sampleCompletion));
  cleanUps.push(() => upstream.close());
  dataFolder = path.join(temporaryFolder(leaveForTheEnd), 'data');
  runner = startLocalProcess(quietFlags(dataFolder), {}, leaveForTheEnd);
  greeting = await runner.ready();
});
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

async function gatehouse(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { GATEHOUSE_DATA_DIR: dataFolder },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, code: code as number };
}

/** What the command answers as JSON; it must succeed. */
async function answerOf(args: readonly string[], input = '') {
  const { stdout, stderr, code } = await gatehouse([...args, '--json'], input);
  expect({ code, stderr }, args.join(' ')).toMatchObject({ code: 0 });
  return JSON.parse(stdout);
}

async function ask(apiKey: string): Promise<{ status: number; id: string; body: { error?: { code?: string } } }> {
  const response = await fetch(`${greeting.proxyUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fast', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  const body = (await response.json()) as { error?: { code?: string } };
  return { status: response.status, id: response.headers.get('x-request-id') ?? '', body };
}

describe('a tenancy by the command line alone', () => {
  let organization: string;
  let workspace: string;
  let key: { id: string; secret: string };
  let answered: string;
  let stored: StoredItems;

  it('is made: organization, workspace, key with limits, provider, credential, route', async () => {
    organization = (await answerOf(['organizations', 'create', 'Acme research'])).id;
    workspace = (await answerOf(['workspaces', 'create', 'Lab of Acme', '--organization', organization])).id;
    const place = ['--workspace', workspace];
    const limits = ['--limit', 'requestsPerMinute=100', '--budget', '5USD/month'];
    key = await answerOf(['keys', 'create', 'app of Acme', ...place, ...limits]);
    const provider = await answerOf([
      'providers',
      'set',
      'lab',
      '--base-url',
      `${upstream.url}/v1`,
      '--model',
      'm1=1/2',
    ]);
    const credential = await answerOf(['credentials', 'set', 'lab', ...place, '--secret-stdin'], `${secret}\n`);
    const route = await answerOf(['routes', 'set', 'fast', ...place, '--target', 'lab/m1']);

    expect(key).toMatchObject({ limits: { requestsPerMinute: 100 }, budget: { amountMicroUsd: 5_000_000 } });
    expect(provider).toMatchObject({ name: 'lab', models: [{ id: 'm1', price: { inputPerMillion: 1_000_000 } }] });
    expect(credential).toMatchObject({ provider: 'lab', lastFour: '7c1b' });
    expect(JSON.stringify(credential)).not.toContain(secret);
    expect(route).toMatchObject({ name: 'fast', targets: [{ provider: 'lab', model: 'm1' }] });
  });

  it('serves a request with its own credential, which shows up in requests and usage', async () => {
    const answer = await ask(key.secret);
    answered = answer.id;

    expect(answer.status).toBe(200);
    expect(upstream.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${secret}`);
    await expect.poll(async () => (await answerOf(['usage', '--organization', organization])).total.requests).toBe(1);
    const requests = await answerOf(['requests', 'list', '--organization', organization]);
    expect(requests.data).toMatchObject([
      { id: answered, key: key.id, provider: 'lab', model: 'm1', costMicroUsd: 14, credentialOwner: 'workspace' },
    ]);
    const request = await answerOf(['requests', 'get', answered]);
    expect(request).toEqual(requests.data[0]);
    const usage = await answerOf(['usage', '--organization', organization, '--group-by', 'key,model']);
    expect(usage).toMatchObject({
      data: [{ key: key.id, model: 'm1', costMicroUsd: 14 }],
      total: { costMicroUsd: 14 },
    });
    expect((await answerOf(['keys', 'get', key.id])).lastUsedAt).not.toBeNull();
  });

  it('refuses the next request once the key is revoked', async () => {
    const revoked = await answerOf(['keys', 'revoke', key.id]);

    const answer = await ask(key.secret);

    expect(revoked.status).toBe('revoked');
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'api_key_revoked' } } });
    expect(upstream.requests).toHaveLength(1);
  });

  it('has an audit trail that is whole', async () => {
    const { code, stdout } = await gatehouse(['audit', 'verify', '--organization', organization]);
    const trail = await answerOf(['audit', 'list', '--organization', organization]);

    expect({ code, stdout }).toMatchObject({ code: 0 });
    const actions = trail.data.map(({ action }: { action: string }) => action);
    expect(actions).toContain('key.revoke');
    expect(actions).toContain('organization.create');
  });

  it('is deleted, and is found no more', async () => {
    const { code } = await gatehouse(['organizations', 'delete', organization, '--yes', '--wait']);

    expect(code).toBe(0);
    expect((await gatehouse(['organizations', 'get', organization])).code).toBe(4);
    expect((await gatehouse(['keys', 'get', key.id])).code).toBe(4);
    expect((await gatehouse(['requests', 'get', answered])).code).toBe(4);
    expect((await ask(key.secret)).status).toBe(401);
  });

  it('has left nothing in any table but its tombstone: an item of ids and dates, and the audit trail', async () => {
    runner.kill('SIGTERM');
    await runner.exited;
    stored = await readAllItems(path.join(dataFolder, 'database'));
    const items = itemsOf(stored);
    const tablesWith = (wanted: string): string[] => [
      ...new Set(findAll(wanted, items).map((name) => name.split(' ')[0] ?? '')),
    ];

    expect(tablesWith(organization)).toEqual(['control', 'audit']);
    expect(findAll(organization, items).filter((name) => name.startsWith('control'))).toHaveLength(1);
    const tombstone = stored.control.find(({ sk }) => sk?.S === organization);
    expect(JSON.parse(tombstone?.['document']?.S ?? '{}')).toMatchObject({
      id: organization,
      name: '',
      status: 'deleted',
    });
    expect(tablesWith(workspace)).toEqual(['audit']);
    expect(tablesWith(key.id)).toEqual(['audit']);
    expect(tablesWith(answered)).toEqual([]);
    for (const name of ['Acme research', 'Lab of Acme', 'app of Acme', '7c1b"', secret]) {
      expect(findAll(name, items), name).toEqual([]);
    }
    // Of the tenant that every installation has, everything is still there.
    const kinds = stored.policy.map(({ pk }) => pk?.S?.split('#')[0] ?? '');
    expect(new Set(kinds)).toEqual(new Set(['catalog', 'key', 'workspace']));
    expect(kinds).toHaveLength(3);
  });
});
