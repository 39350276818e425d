import { describe, expect, test } from 'vitest';
import { adminToken, problem, startAdminServer } from './admin-server.ts';
import { runCommand } from './run-command.ts';
import { samples, sampleSecret } from './samples.ts';

describe('output', () => {
  test('of --json is the body the API answered', async () => {
    const server = await startAdminServer();

    const { stdout } = await runCommand(['organizations', 'get', 'org_1', '--json'], { server });

    expect(stdout).toBe(`${JSON.stringify(samples.getOrganization)}\n`);
  });

  test('of --json holds all pages of a list as one', async () => {
    const server = await startAdminServer(({ query }) => ({
      body: { data: [{ id: query['cursor'] ?? 'one' }], nextCursor: query['cursor'] === undefined ? 'two' : null },
    }));

    const { stdout } = await runCommand(['organizations', 'list', '--json'], { server });

    expect(JSON.parse(stdout)).toEqual({ data: [{ id: 'one' }, { id: 'two' }] });
  });

  test('of --quiet is ids and nothing else', async () => {
    const server = await startAdminServer();

    const lists = await Promise.all(
      ['organizations list', 'credentials list', 'routes list', 'requests list', 'workspaces create x'].map((line) =>
        runCommand([...line.split(' '), '--quiet'], { server }),
      ),
    );

    expect(lists.map(({ stdout }) => stdout)).toEqual(['org_1\n', 'openai\n', 'fast\n', 'req_1\n', 'ws_1\n']);
    expect(lists.map(({ stderr }) => stderr).join('')).toBe('');
  });

  test('for people is an aligned table, coloured only on a terminal that allows it', async () => {
    const server = await startAdminServer();
    const list = ['workspaces', 'list', '--organization', 'org_1'];

    const piped = await runCommand(list, { server });
    const onTerminal = await runCommand(list, { server, terminal: true });
    const withoutColour = await runCommand(list, { server, terminal: true, environment: { NO_COLOR: '1' } });

    expect(piped.stdout).toBe('ID    NAME      CREATED\nws_1  Research  2026-11-22T06:30:00.000Z\n');
    expect(onTerminal.stdout).toContain('\u001b[1m');
    expect(withoutColour.stdout).toBe(piped.stdout);
  });

  test('shows money in USD, exactly', async () => {
    const server = await startAdminServer();

    const credit = await runCommand(['organizations', 'credit', 'org_1', '-3.5', '--reason', 'refund'], { server });
    const usage = await runCommand(['usage'], { server });
    const organization = await runCommand(['organizations', 'get', 'org_1'], { server });

    expect(server.calls[0]?.body).toEqual({ amountMicroUsd: -3_500_000, reason: 'refund' });
    expect(credit.stdout).toMatch(/amount +-3\.50 USD\nbalance +21\.50 USD/);
    expect(usage.stdout).toMatch(/total .* 1\.234567 USD\n$/);
    expect(organization.stdout).toMatch(/budget +12\.50USD\/month/);
  });
});

describe('the organization and the workspace', () => {
  const two = { ...samples.listOrganizations.data[0], id: 'org_2', name: 'Other' };

  test('are found when there is one of each', async () => {
    const server = await startAdminServer();

    await runCommand(['keys', 'list'], { server });

    expect(server.calls.map(({ path }) => path)).toEqual([
      '/admin/v1/organizations',
      '/admin/v1/organizations/org_1/workspaces',
      '/admin/v1/workspaces/ws_1/keys',
    ]);
  });

  test('are taken from flags before variables, without a look', async () => {
    const server = await startAdminServer();
    const environment = { GATEHOUSE_WORKSPACE: 'ws_v', GATEHOUSE_ORGANIZATION: 'org_v' };

    await runCommand(['keys', 'list'], { server, environment });
    await runCommand(['keys', 'list', '--workspace', 'ws_f'], { server, environment });
    await runCommand(['workspaces', 'list'], { server, environment });

    expect(server.calls.map(({ path }) => path)).toEqual([
      '/admin/v1/workspaces/ws_v/keys',
      '/admin/v1/workspaces/ws_f/keys',
      '/admin/v1/organizations/org_v/workspaces',
    ]);
  });

  test('are asked for when there are several, which are named', async () => {
    const data = [samples.listOrganizations.data[0], two];
    const server = await startAdminServer(() => ({ body: { data, nextCursor: null } }));

    const ended = await runCommand(['workspaces', 'list'], { server });

    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/--organization[^]*org_1 {2}Acme[^]*org_2 {2}Other/);
  });

  test('that is being erased is not the default', async () => {
    const data = [samples.listOrganizations.data[0], { ...two, status: 'deleting' }];
    const server = await startAdminServer(({ operation }) =>
      operation === 'listOrganizations' ? { body: { data, nextCursor: null } } : undefined,
    );

    await runCommand(['workspaces', 'list'], { server });

    expect(server.calls.at(-1)?.path).toBe('/admin/v1/organizations/org_1/workspaces');
  });

  test('are traced to their variable when what they name is not found', async () => {
    const server = await startAdminServer(() => problem(404, 'not_found', 'Not here.'));
    const environment = { GATEHOUSE_ORGANIZATION: 'org_erased' };

    const fromVariable = await runCommand(['workspaces', 'list'], { server, environment });
    const fromFlag = await runCommand(['workspaces', 'list', '--organization', 'org_1'], { server, environment });

    expect(fromVariable).toMatchObject({ code: 4, stderr: expect.stringContaining('GATEHOUSE_ORGANIZATION') });
    expect(fromFlag).toMatchObject({ code: 4, stderr: expect.not.stringContaining('GATEHOUSE_ORGANIZATION') });
  });

  test('are named missing when there is none', async () => {
    const server = await startAdminServer(() => ({ body: { data: [], nextCursor: null } }));

    expect(await runCommand(['keys', 'list'], { server })).toMatchObject({ code: 4 });
  });
});

describe('a change', () => {
  test('sends what was named and nothing else', async () => {
    const server = await startAdminServer();

    await runCommand(['keys', 'update', 'key1', '--no-budget', '--no-expiry', '--model', 'sim/*'], { server });

    expect(server.calls).toHaveLength(1);
    expect(server.calls[0]?.body).toEqual({ budget: null, expiresAt: null, models: ['sim/*'] });
    expect(server.calls[0]?.headers['if-match']).toBeUndefined();
  });

  test('of limits keeps the others and is bound to what was read', async () => {
    const server = await startAdminServer();

    for (const line of ['keys update key1', 'organizations update org_1']) {
      await runCommand([...line.split(' '), '--limit', 'requestsPerDay=5', '--no-limit', 'tokensPerMinute'], {
        server,
      });
    }

    const changes = server.calls.filter(({ method }) => method === 'PATCH');
    expect(changes.map(({ body }) => body)).toEqual([
      { limits: { requestsPerMinute: 60, requestsPerDay: 5 } },
      { limits: { requestsPerMinute: 60, requestsPerDay: 5 } },
    ]);
    expect(changes.map(({ headers }) => headers['if-match'])).toEqual(['"7"', '"7"']);
  });

  test('is bound to the ETag given, or to the one read', async () => {
    const server = await startAdminServer();

    await runCommand(['workspaces', 'update', 'ws_1', '--name', 'x', '--if-match', '"3"'], { server });
    // As a shell passes --if-match "4" on.
    await runCommand(['workspaces', 'update', 'ws_1', '--name', 'x', '--if-match', '4'], { server });
    await runCommand(['workspaces', 'update', 'ws_1', '--name', 'x', '--if-match', 'auto'], { server });

    expect(server.calls.map(({ method, headers }) => [method, headers['if-match']])).toEqual([
      ['PATCH', '"3"'],
      ['PATCH', '"4"'],
      ['GET', undefined],
      ['PATCH', '"7"'],
    ]);
  });

  test.each([
    ['organizations', 'org_1'],
    ['workspaces', 'ws_1'],
    ['keys', 'key1'],
    ['members', 'mem_1'],
  ])('can be bound to the ETag that "%s get" shows', async (resource, id) => {
    const server = await startAdminServer();

    const { stdout } = await runCommand([resource, 'get', id], { server });

    expect(stdout).toMatch(/\netag +"7"\n/);
  });

  test.each(['organizations update org_1', 'workspaces update ws_1', 'keys update key1'])(
    'that changes nothing is refused: %s',
    async (line) => {
      const server = await startAdminServer();

      expect(await runCommand(line.split(' '), { server })).toMatchObject({ code: 2 });
      expect(server.calls).toEqual([]);
    },
  );
});

describe('a key’s secret', () => {
  test.each(['keys create laptop', 'keys rotate key1'])('is alone on the last line: %s', async (line) => {
    const server = await startAdminServer();

    const { stdout, stderr } = await runCommand(line.split(' '), { server });

    expect(stdout.trimEnd().split('\n').at(-1)).toBe(sampleSecret);
    expect(stdout.split(sampleSecret)).toHaveLength(2);
    expect(stderr).toMatch(/shown this once/);
    expect(stderr).not.toContain(sampleSecret);
  });

  test('is not thrown away by --quiet', async () => {
    const server = await startAdminServer();

    expect(await runCommand(['keys', 'rotate', 'key1', '--quiet'], { server })).toMatchObject({ code: 2 });
    expect(server.calls).toEqual([]);
  });

  test('that was lost with an answer is told to be lost', async () => {
    const server = await startAdminServer(({ operation }) =>
      operation === 'createKey' ? { status: 201, body: samples.getKey } : undefined,
    );

    const ended = await runCommand(['keys', 'create', 'laptop', '--workspace', 'ws_1'], { server });

    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/gatehouse keys rotate key1/);
  });
});

describe('a provider’s secret', () => {
  const set = ['credentials', 'set', 'openai', '--workspace', 'ws_1'];
  const secret = 'sk-very-secret-value';

  test.each([
    ['standard input', ['--secret-stdin'], { input: `${secret}\n` }],
    ['a variable', ['--secret-env', 'VENDOR_KEY'], { environment: { VENDOR_KEY: secret } }],
    ['a question on a terminal', [], { terminal: true, input: `${secret}\n` }],
  ])('comes from %s and is never shown', async (_, flags, options) => {
    const server = await startAdminServer();

    const { code, stdout, stderr } = await runCommand([...set, ...flags], { server, ...options });

    expect(code).toBe(0);
    expect(server.calls.at(-1)?.body).toEqual({ secret });
    expect(stdout + stderr).not.toContain(secret);
  });

  test('with several parts comes as JSON', async () => {
    const server = await startAdminServer();
    const structured = { kind: 'aws-role', roleArn: 'arn:aws:iam::123456789012:role/bedrock' };

    const input = JSON.stringify(structured);
    await runCommand([...set, '--secret-json-stdin'], { server, input });

    expect(server.calls.at(-1)?.body).toEqual({ secret: structured });
  });

  test.each([
    ['as an argument', [secret], {}],
    ['as a flag', ['--secret', secret], {}],
    ['as a flag’s value', [`--secret=${secret}`], {}],
    ['as a mistyped flag', [`--secrets=${secret}`], {}],
    ['as the name of a variable', ['--secret-env', secret], {}],
    ['as broken JSON', ['--secret-json-stdin'], { input: `{"kind": ${secret}` }],
    ['as JSON that is none of the kinds', ['--secret-json-stdin'], { input: JSON.stringify(secret) }],
    ['in no way at all', [], {}],
    ['as nothing', ['--secret-stdin'], { input: '\n' }],
    ['in two ways', ['--secret-stdin', '--secret-env', 'X'], { input: secret }],
  ])('is refused %s, and not repeated', async (_, flags, options) => {
    const server = await startAdminServer();

    const { code, stdout, stderr } = await runCommand([...set, ...flags], { server, ...options });

    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    expect(stdout + stderr).not.toContain(secret);
    expect(server.calls).toEqual([]);
  });

  test('cannot share standard input with the token', async () => {
    const server = await startAdminServer();

    const ended = await runCommand([...set, '--secret-stdin', '--token', '-'], { server, input: adminToken });

    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/both the token and the secret/);
  });
});

describe('erasing an organization', () => {
  const erase = ['organizations', 'delete', 'org_1'];

  test('needs --yes where nobody can be asked', async () => {
    const server = await startAdminServer();

    expect(await runCommand(erase, { server })).toMatchObject({ code: 2 });
    expect(server.calls).toEqual([]);
  });

  test('is asked for on a terminal, by its id', async () => {
    const server = await startAdminServer();

    const declined = await runCommand(erase, { server, terminal: true, input: 'yes\n' });
    const callsThen = server.calls.length;
    const agreed = await runCommand(erase, { server, terminal: true, input: 'org_1\n' });

    expect(declined).toMatchObject({ code: 1 });
    expect(callsThen).toBe(0);
    expect(agreed).toMatchObject({ code: 0 });
    expect(server.calls.map(({ operation }) => operation)).toEqual(['deleteOrganization']);
  });

  test('says that it goes on when it takes longer', async () => {
    const server = await startAdminServer(() => ({ status: 202 }));

    const ended = await runCommand([...erase, '--yes'], { server });

    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toMatch(/--wait/);
    expect(server.calls).toHaveLength(1);
  });

  test.each([204, 404])('is waited for with --wait, until %d', async (last) => {
    const server = await startAdminServer((_, earlier) =>
      earlier.length < 1 ? { status: 202 } : last === 404 ? problem(404, 'not_found', 'No.') : { status: last },
    );

    const ended = await runCommand([...erase, '--yes', '--wait'], { server });

    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toMatch(/is erased/);
    expect(server.calls).toHaveLength(2);
  });

  test('of one that is not there fails even with --wait', async () => {
    const server = await startAdminServer(() => problem(404, 'not_found', 'There is no such resource.'));

    expect(await runCommand([...erase, '--yes', '--wait'], { server })).toMatchObject({ code: 4 });
  });
});
