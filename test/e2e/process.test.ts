import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseMeterItem, totalHolds } from '../../lambdas/store/meter-item.ts';
import { spentMicroUsd } from '../../lambdas/store/meter.ts';
import { createClients, readAllItems, writeConfiguration } from '../fixtures/gatehouse.ts';
import { type Greeting, quietFlags, startLocalProcess, temporaryFolder } from '../fixtures/local-process.ts';
import { ask, collect } from '../fixtures/simulated-clients.ts';
import { sampleChunks, sse, startUpstream } from '../fixtures/upstream.ts';
import { getGeneration, labPrice } from './lab.ts';

const clientOf = ({ proxyUrl, apiKey }: Greeting) => createClients(proxyUrl, apiKey).openai;
const textOf = (chunks: readonly { choices: { delta: { content?: string | null } }[] }[]) =>
  chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');

describe('npm start', () => {
  it('prints one line of JSON when it is ready, and logs beside it', async () => {
    const runner = startLocalProcess(quietFlags(temporaryFolder()));

    const greeting = await runner.ready();
    const stream = await clientOf(greeting).chat.completions.create({
      model: 'sim/echo',
      stream: true,
      messages: ask('Hello from a process'),
    });

    expect(textOf(await collect(stream))).toBe('Hello from a process');
    expect(Object.keys(greeting)).toEqual(['proxyUrl', 'adminUrl', 'adminToken', 'apiKey']);
    expect(greeting.apiKey).toMatch(/^gh_/);
    const admin = await fetch(greeting.adminUrl, { headers: { authorization: `Bearer ${greeting.adminToken}` } });
    expect(admin.status).not.toBe(401);
    expect(runner.stdout()).toBe(`${JSON.stringify(greeting)}\n`);
    await expect.poll(runner.stderr, { timeout: 10_000 }).toContain('"type":"request"');
  });

  it('serves a provider declared in a file, with the credential of the variable it names', async () => {
    const upstream = await startUpstream(sse(sampleChunks));
    onTestFinished(() => upstream.close());
    const folder = temporaryFolder();
    const lab = { baseUrl: `${upstream.url}/v1`, models: [{ id: '*', price: labPrice }], credentialEnv: 'LAB_KEY' };
    const flags = [...quietFlags(path.join(folder, 'data')), '--config', writeConfiguration(folder, { lab })];
    const runner = startLocalProcess(flags, { LAB_KEY: 'lab-credential-0002' });

    const stream = await clientOf(await runner.ready()).chat.completions.create({
      model: 'lab/any-model',
      stream: true,
      messages: ask('hi'),
    });

    expect(textOf(await collect(stream))).toBe('Hello there');
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer lab-credential-0002');
  });

  it('takes port, folder and token from the environment, and greets a person with a line to paste', async () => {
    const environment = {
      GATEHOUSE_PORT: '0',
      GATEHOUSE_ADMIN_PORT: '0',
      GATEHOUSE_DATA_DIR: temporaryFolder(),
      GATEHOUSE_ADMIN_TOKEN: 'token-of-my-choice',
    };
    const runner = startLocalProcess([], environment);

    await expect.poll(runner.stdout, { timeout: 10_000 }).toContain('Ctrl-C stops.');

    expect(runner.stdout()).toContain('token-of-my-choice');
    expect(runner.stdout()).toContain(environment.GATEHOUSE_DATA_DIR);
    expect(runner.stdout()).toMatch(/curl -N http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions/);
  });

  it('explains itself with --help', async () => {
    const runner = startLocalProcess(['--help']);

    expect(await runner.exited).toEqual({ code: 0, signal: null });
    for (const flag of ['--config', '--port', '--admin-port', '--data-dir', '--json', 'docs/local.md']) {
      expect(runner.stdout()).toContain(flag);
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'lets requests under way finish on %s',
    async (signal) => {
      const runner = startLocalProcess(quietFlags(temporaryFolder()));
      const request = { model: 'sim/echo?words=40&delay=10', stream: true, messages: ask('a b') } as const;
      const stream = await clientOf(await runner.ready()).chat.completions.create(request);
      const chunks = [];

      for await (const chunk of stream) {
        if (chunks.length === 0) runner.kill(signal);
        chunks.push(chunk);
      }

      expect(textOf(chunks).split(' ')).toHaveLength(40);
      expect(await runner.exited).toEqual({ code: 0, signal: null });
      expect(runner.stderr()).toContain('"gatehouse.ending":"completed"');
      // Less than the grace that requests get: this client keeps its connection, and nobody waits for that.
    },
    9_000,
  );
});

/*
 * What a kill may cost: nothing that anybody was told. A caller sees the end of an answer only after its record and its charges
 * are written, so for those both exist. A request that was cut off has neither, or, if it was just being settled, any of the
 * two: record and charges are separate writes. Its hold is returned by the next start either way.
 */
it('loses no acknowledged record and returns every hold when it is killed under load', async () => {
  const folder = temporaryFolder();
  const killed = startLocalProcess(quietFlags(folder));
  const before = await killed.ready();
  const client = clientOf(before);
  const streams = 60;
  const costOfOne = 100 + 2 * 50;
  const acknowledged: string[] = [];
  const under = Array.from({ length: streams }, async (_, index) => {
    // Lengths differ, so that at any time some begin, some are in the middle and some are being settled.
    const model = `sim/echo?words=${1 + index * 3}&delay=10&input=100&output=50`;
    const call = client.chat.completions.create({ model, stream: true, messages: ask('load') });
    const { data, request_id } = await call.withResponse();
    for await (const chunk of data) expect(chunk.object).toBe('chat.completion.chunk');
    acknowledged.push(request_id ?? '');
    if (acknowledged.length === 20) killed.kill('SIGKILL');
  });

  await Promise.allSettled(under);
  expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const after = startLocalProcess(quietFlags(folder));
  const greeting = await after.ready();
  const records = await Promise.all(
    acknowledged.map((id) => getGeneration({ url: greeting.proxyUrl, apiKey: greeting.apiKey }, id)),
  );
  after.kill('SIGTERM');
  await after.exited;
  const stored = await readAllItems(path.join(folder, 'database'));

  expect(greeting.apiKey).toBe(before.apiKey);
  expect(greeting.adminToken).toBe(before.adminToken);
  expect(acknowledged.length).toBeGreaterThanOrEqual(20);
  expect(acknowledged.length).toBeLessThan(streams);
  for (const record of records) expect(record).toMatchObject({ ending: 'completed', cost_micro_usd: costOfOne });
  expect(stored.meter.length).toBeGreaterThanOrEqual(2);
  for (const item of stored.meter) {
    const meter = parseMeterItem(item)!;
    expect([meter.inflight, totalHolds(meter.buckets)]).toEqual([0, { amountMicroUsd: 0, count: 0 }]);
    expect(spentMicroUsd(meter)).toBeGreaterThanOrEqual(acknowledged.length * costOfOne);
    expect(spentMicroUsd(meter)).toBeLessThanOrEqual(streams * costOfOne);
  }
});

describe('npm start with a mistake', () => {
  async function expectFailure(flags: readonly string[], message: string | RegExp): Promise<void> {
    const runner = startLocalProcess(flags);

    expect(await runner.exited).toEqual({ code: 1, signal: null });
    expect(runner.stderr()).toMatch(message);
    expect(runner.stderr()).not.toMatch(/^\s+at |node:internal/m);
    expect(runner.stdout()).toBe('');
  }

  it.each(['--port', '--admin-port'])('names the port that is taken, and %s', async (flag) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;

    const flags = [...quietFlags(temporaryFolder()), flag, String(port)];

    await expectFailure(flags, `Port ${port} is in use by another process. Choose another one with ${flag}.`);
  });

  it('says that another one has the folder open', async () => {
    const folder = temporaryFolder();
    const first = startLocalProcess(quietFlags(folder));
    const greeting = await first.ready();

    await expectFailure(quietFlags(folder), /Another Gatehouse is running on it.*--data-dir/);

    const answer = await clientOf(greeting).chat.completions.create({ model: 'sim/echo', messages: ask('still here') });
    expect(answer.choices[0]?.message.content).toBe('still here');
  });

  it('says that a folder cannot be used', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'file');
    writeFileSync(file, 'not a folder');
    mkdirSync(path.join(folder, 'other'));
    writeFileSync(path.join(folder, 'other', 'database'), 'not a database');

    await expectFailure(quietFlags(file), /data folder .*file cannot be used \(EEXIST|ENOTDIR\).*--data-dir/);
    await expectFailure(quietFlags(path.join(file, 'below')), /cannot be used \(ENOTDIR\).*--data-dir/);
    await expectFailure(quietFlags(path.join(folder, 'other')), /cannot be used as a database folder[^]*--data-dir/);
  });

  it('names the flag or the field that is wrong', async () => {
    const folder = temporaryFolder();
    const wrong = writeConfiguration(folder, { lab: { baseUrl: 'ftp://x', models: [] } });

    await expectFailure(['--prot', '1'], /--prot[^]*npm start \[-- options\]/);
    await expectFailure([...quietFlags(folder), '--port', '99999'], '--port: "99999" is not a port');
    await expectFailure([...quietFlags(folder), '--config', wrong], /gatehouse\.json:[^]*providers\.lab\.baseUrl/);
  });
});
