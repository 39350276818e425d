import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { adminToken, problem, startAdminServer } from './admin-server.ts';
import { startProcess } from './run-command.ts';
import { requestSample, samples } from './samples.ts';

const repositoryFolder = join(import.meta.dirname, '../..');

describe('the command', () => {
  test('runs as npx gatehouse from the repository', async () => {
    const home = mkdtempSync(join(tmpdir(), 'gatehouse-home-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const environment = {
      PATH: process.env['PATH'],
      HOME: home,
      npm_config_update_notifier: 'false',
      npm_config_offline: 'true',
    };

    const stdout = await new Promise<string>((resolve, reject) => {
      execFile('npx', ['gatehouse', '--help'], { cwd: repositoryFolder, env: environment }, (error, text, errors) =>
        error === null ? resolve(text) : reject(new Error(errors, { cause: error })),
      );
    });

    expect(stdout).toMatch(/^Usage: gatehouse /);
    expect(stdout).toMatch(/Exit codes:\n {2}0 {2}done/);
  });

  test.each([
    ['nothing wrong', ['organizations', 'list'], 0],
    ['help', ['keys', 'create', '--help'], 0],
    ['no command', [], 2],
    ['half a command', ['keys'], 2],
    ['an unknown command', ['kays'], 2],
    ['an unknown option', ['keys', 'list', '--all'], 2],
    ['a missing argument', ['keys', 'get'], 2],
    ['a missing option', ['members', 'add', '--email', 'ada@example.com'], 2],
    ['a budget that is none', ['keys', 'create', 'x', '--budget', '5'], 2],
    ['options that exclude each other', ['requests', 'list', '--follow', '--limit', '3'], 2],
    ['two forms of output', ['keys', 'list', '--json', '--quiet'], 2],
    ['a wrong token', ['organizations', 'list', '--token', 'wrong'], 3],
    ['input the server refuses', ['organizations', 'create', ' '], 6],
  ])('with %s ends with its exit code', async (_, commandLine, expected) => {
    const server = await startAdminServer();

    const { code, stdout, stderr } = await startProcess(commandLine, { server }).ended;

    expect({ code, told: code === 0 || stderr !== '' }).toEqual({ code: expected, told: true });
    expect(stdout + stderr).not.toContain(adminToken);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test.each([
    [403, 3],
    [404, 4],
    [412, 5],
    [500, 7],
  ])('passes a server’s %d on as exit code %d', async (status, expected) => {
    const server = await startAdminServer(() => problem(status, 'some_code', 'No.'));

    const { code, stderr } = await startProcess(['keys', 'get', 'key1'], { server }).ended;

    expect(code).toBe(expected);
    expect(stderr).toBe(`No.\n(status ${status}, code some_code, request req_problem)\n`);
  });

  test('says when nothing answers', async () => {
    const reserved = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      reserved.once('listening', resolve);
    });
    const { port } = reserved.address() as AddressInfo;
    await new Promise((resolve) => {
      reserved.close(resolve);
    });

    const environment = { GATEHOUSE_ADMIN_URL: `http://127.0.0.1:${port}`, GATEHOUSE_ADMIN_TOKEN: adminToken };
    const { code, stderr } = await startProcess(['organizations', 'list'], { environment }).ended;

    expect(code).toBe(7);
    expect(stderr).toMatch(/cannot be reached \(ECONNREFUSED\)\.\nThe address came from GATEHOUSE_ADMIN_URL\./);
  });

  test('takes the token from standard input', async () => {
    const server = await startAdminServer();

    const environment = { GATEHOUSE_ADMIN_TOKEN: '' };
    const started = startProcess(['organizations', 'list', '--token', '-'], { server, environment, input: adminToken });

    expect(await started.ended).toMatchObject({ code: 0 });
    expect(started.arguments.join(' ')).not.toContain(adminToken);
  });
});

describe('following requests', () => {
  const record = (id: string, minutesAgo = 0) => ({
    ...requestSample,
    id,
    createdAt: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
  });
  const follow = ['requests', 'list', '--follow', '--organization', 'org_1', '--key', 'key1'];

  test('prints each request once, oldest first, late ones too, and ends well with Ctrl-C', async () => {
    const polls = [
      [record('req_b'), record('req_a', 1)],
      // A stream that began before the others and was recorded when it ended.
      [record('req_c'), record('req_b'), record('req_a', 1), record('req_late', 10)],
    ];
    const server = await startAdminServer((_, earlier) => ({
      body: { data: polls[Math.min(earlier.length, 1)], nextCursor: null },
    }));
    const started = startProcess([...follow, '--json'], { server });

    await vi.waitUntil(() => started.output.stdout.includes('req_c'), { timeout: 20_000, interval: 20 });
    started.kill('SIGINT');
    const { code, stdout } = await started.ended;

    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids).toEqual(['req_a', 'req_b', 'req_late', 'req_c']);
    expect(code).toBe(0);
    expect(server.calls[0]?.query).toMatchObject({ key: 'key1', limit: '100' });
    const ageMs = Date.now() - Date.parse(server.calls[0]?.query['from'] ?? '');
    expect(ageMs).toBeGreaterThanOrEqual(15 * 60_000);
    expect(ageMs).toBeLessThan(17 * 60_000);
  });

  test('ends well with Ctrl-C while a call is under way', async () => {
    const server = await startAdminServer(() => ({ hang: true }));
    const started = startProcess(follow, { server });

    await vi.waitUntil(() => server.calls.length > 0, { timeout: 20_000, interval: 20 });
    started.kill('SIGINT');

    expect(await started.ended).toMatchObject({ code: 0 });
  });

  test('reads further back only as long as there is something new', async () => {
    const server = await startAdminServer(({ query }) =>
      query['cursor'] === undefined
        ? { body: { data: [record('req_b')], nextCursor: 'older' } }
        : { body: { data: [record('req_a', 1)], nextCursor: null } },
    );
    const started = startProcess([...follow, '--quiet'], { server });

    await vi.waitUntil(() => server.calls.length >= 4, { timeout: 20_000, interval: 20 });
    started.kill('SIGINT');
    const { stdout } = await started.ended;

    expect(stdout).toBe('req_a\nreq_b\n');
    expect(server.calls.slice(0, 4).map(({ query }) => query['cursor'])).toEqual([
      undefined,
      'older',
      undefined,
      undefined,
    ]);
  });
});

describe('a reader who has enough', () => {
  test('ends the command without an error', async () => {
    const data = Array.from({ length: 2000 }, (_, index) => ({ ...samples.getRequest, id: `req_${index}` }));
    const server = await startAdminServer(() => ({ body: { data, nextCursor: 'more' } }));
    const started = startProcess(['requests', 'list', '--organization', 'org_1'], { server });

    started.closeOutput();

    expect(await started.ended).toMatchObject({ code: 0, stderr: '' });
  });
});
