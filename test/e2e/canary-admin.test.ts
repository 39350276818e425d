import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Operation } from '../../lambdas/control-plane/contract/operation.ts';
import {
  basePath,
  type OperationId,
  operationIds,
  operations,
} from '../../lambdas/control-plane/contract/operations.ts';
import { parseApiKey } from '../../lambdas/crypto/api-key.ts';
import { readAllItems, type StoredItems } from '../fixtures/gatehouse.ts';
import {
  type Greeting,
  type LeaveForTheEnd,
  quietFlags,
  startLocalProcess,
  temporaryFolder,
} from '../fixtures/local-process.ts';
import { filesOf, findAll, itemsOf, withoutCase } from './search.ts';

/**
 * Every operation of the admin API gets a marker wherever a caller can put a value that does not belong there: none of it may
 * be told back, logged or stored. And secrets that do belong there are stored so that nobody can read them.
 */

const marker = 'CaNaRy7f31c0ffee9Zq';
const secretMarker = 'SeCrEt5d20bead71Xw';

interface Answer {
  readonly id: OperationId;
  readonly status: number;
  readonly text: string;
}

let greeting: Greeting;
let stored: StoredItems;
let files: Map<string, string>;
let output: string;
const answers: Answer[] = [];
const secretAnswers: Answer[] = [];
const apiKeys: string[] = [];

async function send(id: OperationId, path_: string, init: { headers?: Record<string, string>; body?: string } = {}) {
  const { method }: Operation = operations[id];
  const response = await fetch(`${greeting.adminUrl}${basePath}${path_}`, {
    method,
    headers: { authorization: `Bearer ${greeting.adminToken}`, 'content-type': 'application/json', ...init.headers },
    ...(init.body !== undefined && method !== 'GET' && { body: init.body }),
  });
  return { id, status: response.status, text: await response.text() };
}

const fill = (id: OperationId, ids: Readonly<Record<string, string>>): string =>
  operations[id].path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none');

/** Wrong in every way a request can be. */
async function sendMarkers(id: OperationId, ids: Readonly<Record<string, string>>): Promise<void> {
  const found = fill(id, ids);
  const bodies = [
    JSON.stringify({
      unknown: marker,
      name: { deep: marker },
      secret: [marker],
      targets: marker,
      role: marker,
      email: marker,
    }),
    JSON.stringify({
      name: 7,
      cidrs: [marker],
      models: [`${marker} ${marker}`],
      expiresAt: marker,
      limits: { requestsPerMinute: marker },
    }),
    JSON.stringify({
      baseUrl: `ftp://${marker}`,
      amountMicroUsd: marker,
      overlapSeconds: marker,
      secret: { kind: marker, clientSecret: marker },
    }),
    `{"name": "${marker}`,
    JSON.stringify(marker),
  ];
  for (const body of bodies) answers.push(await send(id, found, { body }));
  answers.push(
    await send(id, `${found}?cursor=${marker}&from=${marker}&limit=${marker}&groupBy=${marker}&x=${marker}`),
  );
  answers.push(await send(id, found, { headers: { 'if-match': marker } }));
  answers.push(await send(id, found, { headers: { 'idempotency-key': `${marker} ${marker}` } }));
  answers.push(await send(id, found, { headers: { authorization: `Bearer ${marker}` } }));
  answers.push(await send(id, found, { headers: { authorization: `Bearer e30.${marker}.x` } }));
  answers.push(await send(id, found, { headers: { 'content-type': `text/${marker}` }, body: marker }));
  const parameters = Object.fromEntries(Object.keys(ids).map((name) => [name, marker.toLowerCase()]));
  if (found !== operations[id].path) answers.push(await send(id, fill(id, parameters), { body: '{}' }));
}

/** A whole tenancy with secrets in it. */
async function makeTenancy(name: string): Promise<Record<string, string>> {
  const make = async (id: OperationId, ids: Record<string, string>, body?: object) => {
    const answer = await send(id, fill(id, ids), body === undefined ? {} : { body: JSON.stringify(body) });
    if (answer.status > 299) throw new Error(`${id}: ${answer.status} ${answer.text}`);
    secretAnswers.push({ ...answer, text: answer.text.replace(/"secret":"gh_\w+"/, '') });
    return JSON.parse(answer.text);
  };
  const organization = (await make('createOrganization', {}, { name, billing: 'prepaid' })).id;
  const workspace = (await make('createWorkspace', { organization }, { name })).id;
  const member = (await make('createMember', { organization }, { email: 'canary@example.com', role: 'admin' })).id;
  await make('createBalanceAdjustment', { organization }, { amountMicroUsd: 5_000_000, reason: 'trial' });
  const created = await make('createKey', { workspace }, { name: 'canary' });
  const rotated = await make('rotateKey', { key: created.id }, { overlapSeconds: 60 });
  apiKeys.push(created.secret, rotated.secret);
  const place = { workspace, provider: 'openai' };
  await make(
    'putProvider',
    { provider: 'cloud' },
    {
      baseUrl: 'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1',
      auth: { kind: 'sigv4' },
      models: [{ id: '*', free: true }],
    },
  );
  await make('putCredential', place, { secret: `sk-${secretMarker}-one` });
  await make('putCredential', place, { secret: `sk-${secretMarker}-two` });
  await make(
    'putCredential',
    { workspace, provider: 'anthropic' },
    {
      secret: {
        kind: 'oauth-client-credentials',
        tokenUrl: 'https://login.example.com/token',
        clientId: 'client-of-the-test',
        clientSecret: `${secretMarker}-three`,
      },
    },
  );
  await make(
    'putCredential',
    { workspace, provider: 'cloud' },
    {
      secret: { kind: 'aws-keys', accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: `${secretMarker}/four` },
    },
  );
  await make('putPlatformCredential', { provider: 'openai' }, { secret: `sk-${secretMarker}-five` });
  await make('putRoute', { workspace, route: 'fast' }, { targets: [{ provider: 'sim', model: 'echo' }] });
  return { organization, workspace, member, key: created.id, provider: 'openai', route: 'fast', request: 'req_none' };
}

beforeAll(async () => {
  const cleanUps: (() => Promise<void> | void)[] = [];
  const leaveForTheEnd: LeaveForTheEnd = (cleanUp) => void cleanUps.push(cleanUp);
  afterAll(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  });
  const dataFolder = path.join(temporaryFolder(leaveForTheEnd), 'data');
  const runner = startLocalProcess(quietFlags(dataFolder), {}, leaveForTheEnd);
  greeting = await runner.ready();
  const ids = await makeTenancy('Canary');
  // Some deletions go through, since there is nothing wrong with them but a header: they get a tenancy of their own.
  const doomed = await makeTenancy('Doomed');
  const deleting = (id: OperationId): boolean => operations[id].method === 'DELETE';
  for (const id of operationIds.filter((name) => !deleting(name))) await sendMarkers(id, ids);
  for (const id of operationIds.filter(deleting)) await sendMarkers(id, doomed);
  runner.kill('SIGTERM');
  await runner.exited;
  output = withoutCase(runner.stdout().replace(`${JSON.stringify(greeting)}\n`, '') + runner.stderr());
  files = filesOf(dataFolder);
  stored = await readAllItems(path.join(dataFolder, 'database'));
}, 120_000);

describe('a marker sent to every operation of the admin API', () => {
  it('is refused everywhere, and never as a fault of ours', () => {
    const statuses = new Set(answers.map(({ status }) => status));

    for (const status of [400, 401, 404, 415]) expect(statuses).toContain(status);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set(operationIds));
  });

  it('is told back to nobody', () => {
    const told = answers.filter(({ text }) => findAll(marker, new Map([['answer', withoutCase(text)]])).length > 0);

    expect(told).toEqual([]);
  });

  it('leaves no trace in any table, file or log line', () => {
    expect(findAll(marker, itemsOf(stored))).toEqual([]);
    expect(findAll(marker, files)).toEqual([]);
    expect(findAll(marker, new Map([['output', output]]))).toEqual([]);
  });
});

describe('a secret stored through the admin API', () => {
  it('can be told from the vault having a sealed item for each version', () => {
    expect(stored.vault.map(({ sk }) => sk?.S)).toContain('openai#2');
    expect(JSON.stringify(stored.audit)).toContain('credential');
  });

  it('is nowhere in plain', () => {
    expect(findAll(secretMarker, itemsOf(stored))).toEqual([]);
    expect(findAll(secretMarker, files)).toEqual([]);
    expect(findAll(secretMarker, new Map([['output', output]]))).toEqual([]);
    const told = secretAnswers.map(({ text }, index) => [String(index), withoutCase(text)] as const);
    expect(findAll(secretMarker, new Map(told))).toEqual([]);
  });

  it('of an API key is shown once and kept by nobody', () => {
    expect(apiKeys).toHaveLength(4);
    for (const apiKey of apiKeys) {
      const secret = parseApiKey(apiKey)?.secret.reveal() ?? '';
      expect(secret.length).toBeGreaterThan(15);
      expect(findAll(secret, itemsOf(stored))).toEqual([]);
      expect(findAll(secret, files)).toEqual([]);
      expect(findAll(secret, new Map([['output', output]]))).toEqual([]);
    }
  });

  it('that signs the operator in is in its own file only', () => {
    const places = findAll(greeting.adminToken, files);

    expect(places).toEqual(['admin-token']);
    expect(findAll(greeting.adminToken, itemsOf(stored))).toEqual([]);
    expect(findAll(greeting.adminToken, new Map([['output', output]]))).toEqual([]);
  });
});
