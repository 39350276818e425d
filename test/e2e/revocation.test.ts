import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Greeting,
  type LeaveForTheEnd,
  quietFlags,
  startLocalProcess,
  temporaryFolder,
} from '../fixtures/local-process.ts';
import { runGatehouse } from './command-line.ts';

/** What is taken away is gone for every request that begins after the call that took it away has returned, however many are coming. */

const callers = 50;
const enoughBefore = 120;
const enoughAfter = 120;

const cleanUps: (() => Promise<void> | void)[] = [];
const leaveForTheEnd: LeaveForTheEnd = (cleanUp) => void cleanUps.push(cleanUp);
let greeting: Greeting;
let organization: string;

beforeAll(async () => {
  greeting = await startLocalProcess(quietFlags(temporaryFolder(leaveForTheEnd)), {}, leaveForTheEnd).ready();
  organization = (await call('POST', '/organizations', { name: 'Acme' }))['id'] ?? '';
});

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

interface Key {
  readonly id: string;
  readonly secret: string;
  readonly workspace: string;
}

async function call(method: string, path: string, body?: object): Promise<Record<string, string>> {
  const response = await fetch(`${greeting.adminUrl}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${greeting.adminToken}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
}

async function createKey(name: string): Promise<Key> {
  const workspace = (await call('POST', `/organizations/${organization}/workspaces`, { name }))['id'] ?? '';
  return (await call('POST', `/workspaces/${workspace}/keys`, { name })) as unknown as Key;
}

async function gatehouse(...args: readonly string[]): Promise<void> {
  const environment = { GATEHOUSE_ADMIN_URL: greeting.adminUrl, GATEHOUSE_ADMIN_TOKEN: greeting.adminToken };
  const { code, stderr } = await runGatehouse(args, environment);
  if (code !== 0) throw new Error(stderr);
}

async function ask(key: Key): Promise<string> {
  const response = await fetch(`${greeting.proxyUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/echo', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.arrayBuffer();
  return `${response.status} ${response.headers.get('x-gatehouse-error-code') ?? ''}`.trim();
}

/** Answers to requests that began before the change had returned, and to those that began later. */
async function hammerDuring(key: Key, change: () => Promise<unknown>): Promise<{ before: string[]; after: string[] }> {
  const before: string[] = [];
  const after: string[] = [];
  let changing: Promise<void> | undefined;
  let returned = false;
  const makeChange = async (): Promise<void> => {
    try {
      await change();
    } finally {
      returned = true;
    }
  };
  const hammer = async (): Promise<void> => {
    while (after.length < enoughAfter) {
      const answers = returned ? after : before;
      answers.push(await ask(key));
      if (before.length >= enoughBefore) changing ??= makeChange();
    }
  };
  await Promise.all(Array.from({ length: callers }, hammer));
  await changing;
  return { before, after };
}

it.each<{ title: string; refusal: string; change: (key: Key) => Promise<unknown> }>([
  {
    title: 'a key that is revoked by the admin API',
    refusal: '401 api_key_revoked',
    change: ({ id }) => call('POST', `/keys/${id}/revoke`),
  },
  {
    title: 'a key that is revoked by the command line',
    refusal: '401 api_key_revoked',
    change: ({ id }) => gatehouse('keys', 'revoke', id),
  },
  {
    title: 'a secret that is rotated away without an overlap',
    refusal: '401 invalid_api_key',
    change: ({ id }) => call('POST', `/keys/${id}/rotate`, {}),
  },
  {
    title: 'a model that the key may not use any more',
    refusal: '403 model_not_allowed',
    change: ({ id }) => call('PATCH', `/keys/${id}`, { models: ['sim/long'] }),
  },
  {
    title: 'a workspace that is deleted',
    refusal: '401 invalid_api_key',
    change: ({ workspace }) => call('DELETE', `/workspaces/${workspace}`),
  },
])('$title admits nobody who comes after', async ({ title, refusal, change }) => {
  const key = await createKey(title);

  const { before, after } = await hammerDuring(key, () => change(key));

  expect(before.filter((answer) => answer === '200').length).toBeGreaterThanOrEqual(enoughBefore - callers);
  expect(before.filter((answer) => answer !== '200' && answer !== refusal)).toEqual([]);
  expect(new Set(after)).toEqual(new Set([refusal]));
});
