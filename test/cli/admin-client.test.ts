import { describe, expect, test } from 'vitest';
import { createAdminClient } from '../../cli/admin-client.ts';
import { adminToken, type AdminServer, problem, type Script, startAdminServer } from './admin-server.ts';
import { samples } from './samples.ts';

function clientOf(server: AdminServer, pauses: number[] = [], timeoutMs = 5000) {
  const connection = { url: server.url, token: adminToken, urlFrom: '--url', tokenFrom: '--token' };
  return createAdminClient(connection, {
    timeoutMs,
    pause: async (milliseconds) => void pauses.push(milliseconds),
  });
}

/** Fails as told the first times, then answers. */
const failing =
  (times: number, answer: ReturnType<Script>): Script =>
  (_, earlier) =>
    earlier.length < times ? answer : undefined;

describe('a call', () => {
  test('goes to the path of its operation with token, query and body', async () => {
    const server = await startAdminServer();
    const client = clientOf(server);

    await client.call('putRoute', {
      parameters: { workspace: 'ws/1', route: 'a b' },
      body: { targets: [{ provider: 'openai', model: 'm' }] },
      ifMatch: '"3"',
    });
    await client.call('getUsage', { parameters: { organization: 'org_1' }, query: { groupBy: 'day,model' } });

    expect(server.calls).toMatchObject([
      {
        method: 'PUT',
        path: '/admin/v1/workspaces/ws%2F1/routes/a%20b',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', 'if-match': '"3"' },
        body: { targets: [{ provider: 'openai', model: 'm' }] },
      },
      { method: 'GET', path: '/admin/v1/organizations/org_1/usage', query: { groupBy: 'day,model' }, body: undefined },
    ]);
  });

  test('gives status, body and ETag', async () => {
    const server = await startAdminServer();

    const answer = await clientOf(server).call('getWorkspace', { parameters: { workspace: 'ws_1' } });

    expect(answer).toEqual({ status: 200, body: samples.getWorkspace, etag: '"7"' });
  });

  test.each(['', '.', '..'])('never leaves its path for the parameter %j', async (route) => {
    const server = await startAdminServer();

    const refused = clientOf(server).call('deleteRoute', { parameters: { workspace: 'ws_1', route } });

    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    expect(server.calls).toEqual([]);
  });

  test.each([
    ['a lost connection', { cut: true as const }],
    ['502', { status: 502, body: 'bad gateway' }],
    ['503', problem(503, 'store_unavailable', 'The store does not answer.')],
    ['504', { status: 504 }],
    ['429 that says when', { ...problem(429, 'x', 'x'), headers: { 'retry-after': '1' } }],
    ['a call still under way', { ...problem(409, 'idempotency_key_in_use', 'x'), headers: { 'retry-after': '1' } }],
  ])('of POST is repeated with the same key after %s', async (_, answer) => {
    const server = await startAdminServer(failing(3, answer));
    const pauses: number[] = [];

    const { body } = await clientOf(server, pauses).call('createOrganization', { body: { name: 'Acme' } });

    const keys = server.calls.map(({ headers }) => headers['idempotency-key']);
    expect(body).toEqual(samples.createOrganization);
    expect(keys).toHaveLength(4);
    expect(keys[0]).toMatch(/^[\w-]{20,}$/);
    expect(new Set(keys).size).toBe(1);
    expect(pauses).toHaveLength(3);
  });

  test('has a key of its own each time, and none where it needs none', async () => {
    const server = await startAdminServer();
    const client = clientOf(server);

    await client.call('revokeKey', { parameters: { key: 'key1' } });
    await client.call('revokeKey', { parameters: { key: 'key1' } });
    await client.call('updateKey', { parameters: { key: 'key1' }, body: { name: 'x' } });

    const [one, two, three] = server.calls.map(({ headers }) => headers['idempotency-key']);
    expect(one).not.toBe(two);
    expect(three).toBeUndefined();
  });

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'] as const)('of %s is repeated too', async (method) => {
    const server = await startAdminServer(failing(1, { status: 503 }));
    const client = clientOf(server);
    const calls = {
      GET: () => client.call('getKey', { parameters: { key: 'key1' } }),
      PUT: () =>
        client.call('putProvider', {
          parameters: { provider: 'lab' },
          body: { baseUrl: 'https://x.example', models: [{ id: '*', free: true }] },
        }),
      PATCH: () => client.call('updateKey', { parameters: { key: 'key1' }, body: { name: 'x' } }),
      DELETE: () => client.call('deleteProvider', { parameters: { provider: 'lab' } }),
    };

    await calls[method]();

    expect(server.calls.map((call) => call.method)).toEqual([method, method]);
  });

  test('gives up after three repetitions', async () => {
    const server = await startAdminServer(() => ({ status: 503, body: '<html>' }));

    const failed = clientOf(server).call('getKey', { parameters: { key: 'key1' } });

    await expect(failed).rejects.toMatchObject({ exitCode: 7, status: 503 });
    expect(server.calls).toHaveLength(4);
  });

  test('is not waited for without end', async () => {
    const server = await startAdminServer(() => ({ hang: true }));

    const failed = clientOf(server, [], 50).call('getKey', { parameters: { key: 'key1' } });

    await expect(failed).rejects.toThrow(/no answer in time/);
    expect(server.calls).toHaveLength(4);
  });

  test.each([
    [400, 6],
    [401, 3],
    [403, 3],
    [404, 4],
    [409, 5],
    [412, 5],
    [413, 6],
    [422, 6],
    [500, 7],
  ])('refused with %d ends with code %d and is made once', async (status, exitCode) => {
    const server = await startAdminServer(() => problem(status, 'some_code', 'No.'));

    const refused = clientOf(server).call('getKey', { parameters: { key: 'key1' } });

    await expect(refused).rejects.toMatchObject({ exitCode, status });
    expect(server.calls).toHaveLength(1);
  });

  test('that was refused tells title, every field, code and request id', async () => {
    const errors = [
      { field: 'body.limits.requestsPerMinute', message: 'must be above 0' },
      { field: 'body.name', message: 'must not be empty' },
    ];
    const server = await startAdminServer(() =>
      problem(400, 'invalid_request', 'The request is not valid.', { detail: 'all in one', errors }),
    );

    const refused = clientOf(server).call('createOrganization', { body: { name: 'x' } });

    await expect(refused).rejects.toHaveProperty(
      'message',
      'The request is not valid.\n  body.limits.requestsPerMinute: must be above 0\n  body.name: must not be empty\n(status 400, code invalid_request, request req_problem)',
    );
  });

  test('that was repeated and then refused says that it may have got through', async () => {
    const server = await startAdminServer((_, earlier) =>
      earlier.length === 0 ? { cut: true } : problem(412, 'etag_mismatch', 'It was changed since you read it.'),
    );

    const refused = clientOf(server).call('updateKey', { parameters: { key: 'key1' }, body: {}, ifMatch: '"7"' });

    await expect(refused).rejects.toThrow(/earlier try .* may have got through/);
    await expect(refused).rejects.toMatchObject({ exitCode: 5 });
  });

  test('follows no redirect', async () => {
    const elsewhere = await startAdminServer();
    const server = await startAdminServer(() => ({ status: 302, headers: { location: elsewhere.url } }));

    const refused = clientOf(server).call('getKey', { parameters: { key: 'key1' } });

    await expect(refused).rejects.toThrow(/redirects/);
    expect(elsewhere.calls).toEqual([]);
  });

  test('answered by something else than the admin API says so', async () => {
    const server = await startAdminServer(() => ({ body: '<html>welcome</html>' }));
    const client = clientOf(server);

    await expect(client.call('getKey', { parameters: { key: 'key1' } })).rejects.toThrow(/not the admin API/);
    await expect(client.iterate('listOrganizations', {}).next()).rejects.toThrow(/not the admin API/);
  });

  test('never tells the token', async () => {
    const server = await startAdminServer(() => problem(401, 'invalid_token', 'The token is not valid.'));

    const refused = clientOf(server).call('getKey', { parameters: { key: 'key1' } });

    await expect(refused).rejects.toThrow(/came from --token/);
    await expect(refused).rejects.not.toThrow(new RegExp(adminToken));
  });
});

describe('a list', () => {
  test('is read page by page to its end', async () => {
    const server = await startAdminServer(({ query }) => {
      const at = Number(query['cursor'] ?? 0);
      return { body: { data: [{ id: `org_${at}` }], nextCursor: at < 2 ? String(at + 1) : null } };
    });

    const items = [];
    for await (const { id } of clientOf(server).iterate('listOrganizations', {})) items.push(id);

    expect(items).toEqual(['org_0', 'org_1', 'org_2']);
    expect(server.calls.map(({ query }) => query)).toEqual([
      { limit: '100' },
      { limit: '100', cursor: '1' },
      { limit: '100', cursor: '2' },
    ]);
  });

  test('asks for no further page than is taken', async () => {
    const server = await startAdminServer(() => ({ body: { data: [{ id: 'org_1' }], nextCursor: 'more' } }));

    for await (const _ of clientOf(server).iterate('listOrganizations', {})) break;

    expect(server.calls).toHaveLength(1);
  });
});
