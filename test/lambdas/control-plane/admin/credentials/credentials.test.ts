import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordServedVersion } from '../../../../../lambdas/store/credential-use.ts';
import { catalogPolicyId, type CatalogPolicy, getPolicy } from '../../../../../lambdas/store/policy.ts';
import { type AdminApi, startAdminApi } from '../../../../fixtures/admin-api.ts';
import { atEveryCrash, createCrashingWrites } from '../../../../fixtures/crashing-writes.ts';
import { newestAudit, newWorkspace } from '../new-workspace.ts';
import { createCredentialLab, type CredentialLab, newSecret, pathOf } from './credential-lab.ts';

const crashes = createCrashingWrites();
let api: AdminApi;
let lab: CredentialLab;

beforeAll(async () => {
  api = await startAdminApi({ wrapStore: crashes.wrap });
  lab = createCredentialLab(api);
  const models = [{ id: '*', free: true }];
  const signed = { kind: 'sigv4', name: 'execute-api/eu-west-1' };
  const bedrock = { baseUrl: 'https://models.example.com', auth: signed, models };
  await api.call('PUT', '/providers/aws', { body: bedrock });
  await api.call('PUT', '/providers/open', {
    body: { baseUrl: 'https://open.example.com', auth: { kind: 'none' }, models },
  });
});

afterAll(() => api.close());

describe('putCredential', () => {
  it('stores a secret that the data plane can open and that is told nobody', async () => {
    const place = await newWorkspace(api);
    const secret = newSecret();

    const { status, body, headers } = await lab.put(place, secret);

    expect([status, headers.get('etag')]).toEqual([200, '"1"']);
    expect(body).toEqual({
      provider: 'openai',
      kind: 'api-key',
      lastFour: secret.slice(-4),
      zeroRetention: false,
      previousUsable: false,
      createdAt: expect.any(String),
      rotatedAt: null,
    });
    expect(await lab.open(place, await lab.referenceOf(place))).toBe(secret);
    expect((await api.call('GET', pathOf(place))).body).toEqual(body);
  });

  it('keeps the one before as a fallback when it is rotated', async () => {
    const place = await newWorkspace(api);
    const secrets = [newSecret(), newSecret()];
    await lab.put(place, secrets[0]);

    const { body } = await lab.put(place, secrets[1]);

    expect(body).toMatchObject({
      lastFour: secrets[1]?.slice(-4),
      previousUsable: true,
      rotatedAt: expect.any(String),
    });
    const reference = await lab.referenceOf(place);
    expect(reference).toMatchObject({ version: 2, previousVersion: 1 });
    expect(await lab.open(place, reference)).toBe(secrets[1]);
    expect(await lab.open(place, { ...reference!, version: 1 })).toBe(secrets[0]);
  });

  it('falls back to the newest secret that has served, not to one that never did', async () => {
    const place = await newWorkspace(api);
    for (let times = 0; times < 3; times += 1) await lab.put(place, newSecret());
    const unproven = await lab.referenceOf(place);

    const usage = { store: api.testStore.store, table: api.testStore.tables.usage };
    await recordServedVersion(usage, { owner: 'workspace', workspace: place.workspace, provider: 'openai' }, 3);
    await lab.put(place, newSecret());

    expect(unproven).toMatchObject({ version: 3, previousVersion: 1 });
    expect(await lab.referenceOf(place)).toMatchObject({ version: 4, previousVersion: 3 });
  });

  it.each([
    [
      'oauth-client-credentials',
      {
        tokenUrl: 'https://login.example.com/token?v=2',
        clientId: 'client-1234567',
        clientSecret: 'oauth-secret-of-test',
      },
      'openai',
      '4567',
    ],
    ['aws-keys', { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMIsecret' }, 'aws', 'MPLE'],
    ['aws-role', { roleArn: 'arn:aws:iam::123456789012:role/gatehouse' }, 'aws', 'ouse'],
  ])('seals %s as JSON that begins with its kind', async (kind, members, provider, lastFour) => {
    const place = await newWorkspace(api);

    const { status, body } = await api.call('PUT', pathOf(place, provider), { body: { secret: { ...members, kind } } });

    expect([status, body.kind, body.lastFour]).toEqual([200, kind, lastFour]);
    const text = await lab.open(place, await lab.referenceOf(place, provider));
    expect(text.startsWith(`{"kind":"${kind}"`)).toBe(true);
    const externalId = kind === 'aws-role' ? { externalId: place.workspace } : {};
    expect(JSON.parse(text)).toEqual({ kind, ...members, ...externalId });
  });

  it('hints at nothing of a secret that is short', async () => {
    const place = await newWorkspace(api);

    const answers = [await lab.put(place, 'elevenchars'), await lab.put(place, 'twelve-chars')];

    expect(answers.map(({ body }) => body.lastFour)).toEqual(['', 'hars']);
  });

  it('marks what the vendor keeps nothing of', async () => {
    const place = await newWorkspace(api);

    await api.call('PUT', pathOf(place), { body: { secret: newSecret(), zeroRetention: true } });

    expect(await lab.referenceOf(place)).toMatchObject({ zeroRetention: true });
  });

  it.each([
    ['an unknown provider', 'nowhere', 'sk-of-nowhere', 'path.provider', 'PUT /providers'],
    ['a provider that takes none', 'open', 'sk-of-nowhere', 'path.provider', 'takes none'],
    ['an API key where AWS wants a signature', 'aws', 'sk-of-nowhere', 'body.secret', 'AWS'],
    [
      'AWS keys where an API key is wanted',
      'openai',
      { kind: 'aws-keys', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'sk-of-nowhere' },
      'body.secret',
      'API key',
    ],
    ['a key that looks like another kind', 'openai', '{"kind":"sk-of-nowhere"}', 'body.secret', 'object'],
    ['a key with a control character', 'openai', 'sk-of-nowhere\u0007', 'body.secret', 'printable'],
    ['a key with a space', 'openai', 'sk-of nowhere', 'body.secret', 'spaces'],
    ['no secret', 'openai', '', 'body.secret', ''],
    [
      'a token endpoint at a private address',
      'openai',
      {
        kind: 'oauth-client-credentials',
        tokenUrl: 'https://169.254.169.254/token',
        clientId: 'c',
        clientSecret: 'sk-of-nowhere',
      },
      'body.secret.tokenUrl',
      'public',
    ],
    [
      'a token endpoint without TLS',
      'openai',
      {
        kind: 'oauth-client-credentials',
        tokenUrl: 'http://login.example.com/token',
        clientId: 'c',
        clientSecret: 'sk-of-nowhere',
      },
      'body.secret.tokenUrl',
      'https',
    ],
    ['a role that is none', 'aws', { kind: 'aws-role', roleArn: 'sk-of-nowhere' }, 'body.secret.roleArn', 'ARN'],
  ])('refuses %s, names the field and repeats nothing', async (_name, provider, secret, field, hint) => {
    const place = await newWorkspace(api);

    const { status, body } = await api.call('PUT', pathOf(place, provider), { body: { secret } });

    expect(status).toBe(400);
    expect(body.errors[0].field).toBe(field);
    expect(body.errors[0].message).toContain(hint);
    expect(JSON.stringify(body)).not.toContain('nowhere');
    expect(await lab.inVault(place)).toEqual([]);
  });

  it('refuses a rotation of what was rotated since, and leaves nothing of it in the vault', async () => {
    const place = await newWorkspace(api);
    const absent = await lab.put(place, newSecret(), { 'if-match': '"1"' });
    await lab.put(place, newSecret());
    await lab.put(place, newSecret());

    const stale = await lab.put(place, newSecret(), { 'if-match': '"1"' });

    expect([absent.status, stale.status, stale.body.code]).toEqual([412, 412, 'etag_mismatch']);
    expect(await lab.inVault(place)).toEqual(['openai#1', 'openai#2']);
  });

  it('names in the record the secret that is in the vault, however many rotate at once', async () => {
    const place = await newWorkspace(api);
    const secrets = Array.from({ length: 4 }, newSecret);

    const answers = await Promise.all(secrets.map((secret) => lab.put(place, secret)));

    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    const { body } = await api.call('GET', pathOf(place));
    const opened = await lab.open(place, await lab.referenceOf(place));
    expect(opened.slice(-4)).toBe(body.lastFour);
    expect(secrets).toContain(opened);
  });

  it('is completed by the same call after a crash at any write', async () => {
    const deaths = await atEveryCrash(crashes, {
      prepare: async () => {
        const place = await newWorkspace(api);
        const [before, after] = [newSecret(), newSecret()];
        await lab.put(place, before);
        return { place, before, after };
      },
      act: ({ place, after }) => lab.put(place, after),
      async assess({ status }, { place, before, after }) {
        expect(status).toBe(200);
        const reference = await lab.referenceOf(place);
        expect(await lab.open(place, reference)).toBe(after);
        expect(await lab.open(place, { ...reference!, version: reference?.previousVersion ?? 0 })).toBe(before);
      },
    });

    expect(deaths).toBeGreaterThanOrEqual(12);
  });

  it('writes audit entries of what may be known', async () => {
    const place = await newWorkspace(api);
    await lab.put(place, newSecret());
    await lab.put(place, newSecret());

    const [created, rotated] = await newestAudit(api, place.organization, 2);

    const target = `credential/${place.workspace}/openai`;
    expect(created).toMatchObject({ action: 'credential.create', target, beforeDigest: null });
    expect(rotated).toMatchObject({ action: 'credential.rotate', target, beforeDigest: created?.afterDigest });
  });
});

describe('listCredentials', () => {
  it('lists those of the workspace only, page by page', async () => {
    const [place, other] = [await newWorkspace(api), await newWorkspace(api)];
    for (const provider of ['openai', 'anthropic']) {
      await api.call('PUT', pathOf(place, provider), { body: { secret: newSecret() } });
    }
    await lab.put(other, newSecret());

    const path = `/workspaces/${place.workspace}/credentials`;
    const first = (await api.call('GET', `${path}?limit=1`)).body;
    const second = (await api.call('GET', `${path}?limit=1&cursor=${first.nextCursor}`)).body;

    const names = [...first.data, ...second.data].map(({ provider }: { provider: string }) => provider);
    expect([names, second.nextCursor]).toEqual([['anthropic', 'openai'], null]);
  });
});

describe('platform credentials', () => {
  const path = '/platform/credentials/mistral';

  it('are kept for the platform, published with the catalog and deleted again', async () => {
    const secret = newSecret();

    const stored = await api.call('PUT', path, { body: { secret } });
    const { store, tables } = api.testStore;
    const catalog = await getPolicy<CatalogPolicy>(store, tables.policy, catalogPolicyId);
    const anywhere = await newWorkspace(api);
    const opened = await lab.open(anywhere, catalog?.credentials['mistral']);
    const listed = await api.call('GET', '/platform/credentials');
    const shown = await api.call('GET', path);
    const deleted = await api.call('DELETE', path);
    const after = await getPolicy<CatalogPolicy>(store, tables.policy, catalogPolicyId);

    expect([stored.status, opened, deleted.status]).toEqual([200, secret, 204]);
    expect(catalog?.credentials['mistral']?.owner).toBe('platform');
    expect(listed.body.data).toEqual([stored.body]);
    expect(shown.body).toEqual(stored.body);
    expect(after?.credentials).not.toHaveProperty('mistral');
    const actions = (await newestAudit(api, 'platform', 2)).map(({ action, target }) => [action, target]);
    expect(actions).toEqual([
      ['credential.create', 'platform-credential/mistral'],
      ['credential.delete', 'platform-credential/mistral'],
    ]);
  });
});

describe('a secret', () => {
  it('is in no answer, error, log line or table, whole or in part, plain or encoded', async () => {
    const place = await newWorkspace(api);
    const answers: unknown[] = [];
    const markers = Array.from({ length: 6 }, () => randomBytes(18).toString('hex'));
    const [plain, clientSecret, accessKey, refused, misplaced, unfinished] = markers;
    const send = async (provider: string, options: object): Promise<void> => {
      const { body, headers } = await api.call('PUT', pathOf(place, provider), options);
      answers.push(body, [...headers]);
    };

    await send('openai', { body: { secret: `sk-${plain}-abcd` } });
    await send('openai', {
      body: {
        secret: {
          kind: 'oauth-client-credentials',
          tokenUrl: 'https://login.example.com',
          clientId: randomUUID(),
          clientSecret,
        },
      },
    });
    await send('aws', {
      body: { secret: { kind: 'aws-keys', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: accessKey } },
    });
    await send('openai', { body: { secret: `${refused} with a space` } });
    await send('openai', { body: { secret: { kind: misplaced, clientSecret: misplaced } } });
    await send('openai', { text: `{"secret": "${unfinished}` });
    crashes.crashAt(3, true);
    await send('anthropic', { body: { secret: `sk-${plain}-efgh` } });
    crashes.recover();
    answers.push((await api.call('GET', `/workspaces/${place.workspace}/credentials`)).body);
    answers.push((await api.call('GET', `/organizations/${place.organization}/audit-events`)).body);

    const kept = (await api.dump()) + JSON.stringify(api.logs);
    const told = JSON.stringify(answers);
    for (const marker of markers) {
      for (const part of [marker, marker.slice(0, 12), marker.slice(-12)]) {
        for (const encoding of ['utf8', 'hex', 'base64'] as const) {
          const text = Buffer.from(part).toString(encoding).replace(/=+$/, '');
          expect(kept).not.toContain(text);
          expect(told).not.toContain(text);
        }
      }
    }
  });
});
