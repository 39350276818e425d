import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Greeting,
  type LeaveForTheEnd,
  type LocalProcess,
  quietFlags,
  startLocalProcess,
  temporaryFolder,
} from '../fixtures/local-process.ts';
import { type RunningOidcProvider, startOidcProvider } from '../fixtures/oidc-provider.ts';
import { answerOfGatehouse, runGatehouse } from './command-line.ts';

/** Signing in with tokens of a real OpenID provider, against the runner and the command line as processes of their own. */

const audience = 'gatehouse';
const roles = ['owner', 'admin', 'member', 'auditor'] as const;
type Role = (typeof roles)[number];
const emailOf = (role: string): string => `${role}@example.com`;
const vouchedFor = (role: string) => ({ email: emailOf(role), email_verified: true });

const cleanUps: (() => Promise<void> | void)[] = [];
const leaveForTheEnd: LeaveForTheEnd = (cleanUp) => void cleanUps.push(cleanUp);

let issuer: RunningOidcProvider;
let issuerForOthers: RunningOidcProvider;
let stranger: RunningOidcProvider;
let runner: LocalProcess;
let greeting: Greeting;
let organization: string;
let otherOrganization: string;
let workspace: string;
const tokens: string[] = [];

beforeAll(async () => {
  const people = Object.fromEntries(roles.map((role) => [role, vouchedFor(role)]));
  const clients = {
    ...people,
    operator: { groups: ['developers', 'platform'] },
    newcomer: vouchedFor('newcomer'),
    // An address that anybody could have entered there.
    impostor: { email: emailOf('owner') },
    almost: { groups: ['platform-developers'] },
  };
  issuer = await startProvider(audience, clients);
  issuerForOthers = await startProvider('somebody-else', clients);
  stranger = await startProvider(audience, clients);
  const rules = [{ claim: 'groups', value: 'platform', role: 'operator' }];
  const settings = [issuer, issuerForOthers].map((each) => ({
    issuer: each.issuer,
    audiences: [audience],
    roles: rules,
  }));
  const clock = fileURLToPath(new URL('clock-on-signal.ts', import.meta.url));
  runner = startLocalProcess(
    quietFlags(temporaryFolder(leaveForTheEnd)),
    { GATEHOUSE_OIDC_ISSUERS: JSON.stringify(settings), NODE_OPTIONS: `--import=${clock}` },
    leaveForTheEnd,
  );
  greeting = await runner.ready();
});

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

async function startProvider(
  ...[forAudience, clients]: [string, Record<string, object>]
): Promise<RunningOidcProvider> {
  const provider = await startOidcProvider({
    audience: forAudience,
    clients: clients as Record<string, Record<string, unknown>>,
  });
  cleanUps.push(() => provider.close());
  return provider;
}

async function tokenOf(client: string, from = issuer): Promise<string> {
  const token = await from.token(client);
  tokens.push(token);
  return token;
}

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly data: unknown;
}

async function call(token: string, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${greeting.adminUrl}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { code?: string; data?: unknown };
  return { status: response.status, code: answer.code, data: answer.data };
}

const environmentOf = (token: string) => ({ GATEHOUSE_ADMIN_URL: greeting.adminUrl, GATEHOUSE_ADMIN_TOKEN: token });

describe('an operator by a claim of the token', () => {
  it('sets a tenant up by the command line and invites somebody for each role', async () => {
    const environment = environmentOf(await tokenOf('operator'));
    organization = (await answerOfGatehouse(['organizations', 'create', 'Acme'], environment)).id;
    otherOrganization = (await answerOfGatehouse(['organizations', 'create', 'Other'], environment)).id;
    const place = ['--organization', organization];
    workspace = (await answerOfGatehouse(['workspaces', 'create', 'Lab', ...place], environment)).id;

    const invited = await Promise.all(
      roles.map((role) =>
        answerOfGatehouse(['members', 'add', '--email', emailOf(role), '--role', role, ...place], environment),
      ),
    );

    expect(invited).toMatchObject(roles.map((role) => ({ organization, email: emailOf(role), role })));
  });

  it('is nobody with a group that only looks alike', async () => {
    const token = await tokenOf('almost');

    expect(await call(token, 'GET', '/organizations')).toMatchObject({ status: 200, data: [] });
    expect(await call(token, 'GET', `/organizations/${organization}`)).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect(await call(token, 'POST', '/organizations', { name: 'Mine' })).toMatchObject({ status: 403 });
  });
});

describe('members, known by the address that the issuer vouches for', () => {
  const inside = (path: string) => () => `/organizations/${organization}${path}`;
  const sets = { retentionDays: 45 };
  const budget = { amountMicroUsd: 1_000_000, period: 'month' };
  const attempts: readonly [string, string, () => string, object | undefined, Record<Role, number>][] = [
    ['see the organization', 'GET', inside(''), undefined, { owner: 200, admin: 200, member: 200, auditor: 200 }],
    ['see the members', 'GET', inside('/members'), undefined, { owner: 200, admin: 200, member: 403, auditor: 200 }],
    [
      'read the audit trail',
      'GET',
      inside('/audit-events'),
      undefined,
      { owner: 200, admin: 200, member: 403, auditor: 200 },
    ],
    ['see usage', 'GET', inside('/usage'), undefined, { owner: 200, admin: 200, member: 200, auditor: 200 }],
    [
      'make keys',
      'POST',
      () => `/workspaces/${workspace}/keys`,
      { name: 'key' },
      { owner: 201, admin: 201, member: 201, auditor: 403 },
    ],
    [
      'store credentials',
      'PUT',
      () => `/workspaces/${workspace}/credentials/openai`,
      { secret: 'sk-of-the-tenant' },
      { owner: 200, admin: 200, member: 403, auditor: 403 },
    ],
    ['change the organization', 'PATCH', inside(''), sets, { owner: 200, admin: 403, member: 403, auditor: 403 }],
    ['raise their own budget', 'PATCH', inside(''), { budget }, { owner: 403, admin: 403, member: 403, auditor: 403 }],
    [
      'make organizations',
      'POST',
      () => '/organizations',
      { name: 'Mine' },
      { owner: 403, admin: 403, member: 403, auditor: 403 },
    ],
    [
      'see platform credentials',
      'GET',
      () => '/platform/credentials',
      undefined,
      { owner: 403, admin: 403, member: 403, auditor: 403 },
    ],
    [
      'see another tenant',
      'GET',
      () => `/organizations/${otherOrganization}`,
      undefined,
      { owner: 404, admin: 404, member: 404, auditor: 404 },
    ],
  ];

  it.each(attempts)('%s as their role allows', async (_title, method, path, body, expected) => {
    const statuses: Partial<Record<Role, number>> = {};
    for (const role of roles) statuses[role] = (await call(await tokenOf(role), method, path(), body)).status;

    expect(statuses).toEqual(expected);
  });

  it('invite others below themselves; only an owner names an owner', async () => {
    const path = `/organizations/${organization}/members`;
    const invite = async (by: Role, role: Role) =>
      (await call(await tokenOf(by), 'POST', path, { email: `${by}-${role}@example.com`, role })).status;

    const byAdmin = [await invite('admin', 'member'), await invite('admin', 'admin'), await invite('admin', 'owner')];
    const byOwner = [await invite('owner', 'member'), await invite('owner', 'admin'), await invite('owner', 'owner')];

    expect([byAdmin, byOwner]).toEqual([
      [201, 403, 403],
      [201, 201, 201],
    ]);
  });

  it('are not those who only say that they have the address', async () => {
    const token = await tokenOf('impostor');

    expect(await call(token, 'GET', '/organizations')).toMatchObject({ status: 200, data: [] });
    expect(await call(token, 'GET', `/organizations/${organization}`)).toMatchObject({ status: 404 });
  });

  it('are members from the moment they are invited until the moment they are removed', async () => {
    const token = await tokenOf('newcomer');
    const environment = environmentOf(await tokenOf('owner'));
    const place = ['--organization', organization];
    const seen = () => call(token, 'GET', `/organizations/${organization}`);

    const before = await seen();
    const invitation = ['members', 'add', '--email', 'Newcomer@Example.com', '--role', 'member', ...place];
    const { id } = await answerOfGatehouse(invitation, environment);
    const during = await seen();
    expect((await runGatehouse(['members', 'remove', id, ...place], environment)).code).toBe(0);
    const after = await seen();

    expect([before.status, during.status, after.status]).toEqual([404, 200, 404]);
  });
});

describe('a token that is no good', () => {
  it('is refused with what is wrong about it and nothing of what it says', async () => {
    const good = await tokenOf('operator');
    const [header, payload, signature = ''] = good.split('.');
    const otherSignature = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const of = async (token: string) => call(token, 'GET', '/organizations');

    expect(await of(good)).toMatchObject({ status: 200 });
    expect(await of(await tokenOf('operator', stranger))).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(await of(await tokenOf('operator', issuerForOthers))).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(await of([header, payload, otherSignature].join('.'))).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(await of(await tokenFromAnHourAgo('operator'))).toMatchObject({ status: 401, code: 'expired_token' });
  });

  it('ends a command with its own exit code and a message without the token', async () => {
    const expired = await tokenFromAnHourAgo('member');

    const refused = await runGatehouse(['keys', 'list', '--workspace', workspace], environmentOf(expired));

    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('expired');
    expect(refused.stdout + refused.stderr).not.toContain(expired);
  });

  /** The real provider's, whose clock was an hour slow. */
  async function tokenFromAnHourAgo(client: string): Promise<string> {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    try {
      return await tokenOf(client);
    } finally {
      vi.useRealTimers();
    }
  }
});

describe('the command line with a member’s token', () => {
  it('does what the role allows, and says with its exit code what it does not', async () => {
    const environment = environmentOf(await tokenOf('member'));

    const allowed = await answerOfGatehouse(['keys', 'create', 'mine', '--workspace', workspace], environment);
    const denied = await runGatehouse(['workspaces', 'create', 'More', '--organization', organization], environment);
    const hidden = await runGatehouse(['organizations', 'get', otherOrganization], environment);

    expect(allowed).toMatchObject({ organization, workspace, name: 'mine' });
    expect([denied.code, hidden.code]).toEqual([3, 4]);
    expect(denied.stderr).toContain('workspaces:write');
  });
});

describe('an issuer that changes its keys while the runner is up', () => {
  it('is followed: tokens of the new key are let in, those of the withdrawn one are not any more', async () => {
    const old = await tokenOf('operator');
    const statusOf = async (token: string) => (await call(token, 'GET', '/organizations')).status;
    expect(await statusOf(old)).toBe(200);

    issuer.rotateKeys();
    const fresh = await tokenOf('operator');
    const meanwhile = await statusOf(old);
    // Keys are not asked for more often than every half a minute, however many unknown ones are named.
    runner.kill('SIGUSR2');

    await expect.poll(() => statusOf(fresh), { timeout: 5_000 }).toBe(200);
    expect([meanwhile, await statusOf(old)]).toEqual([200, 401]);
  });
});

describe('the audit trail', () => {
  it('names who did what by issuer and subject, and is whole', async () => {
    const environment = environmentOf(await tokenOf('auditor'));
    const place = ['--organization', organization];

    const { data } = await answerOfGatehouse(['audit', 'list', ...place], environment);
    const verified = await runGatehouse(['audit', 'verify', ...place], environment);

    const actors = (action: string): string[] => [
      ...new Set<string>(
        data
          .filter((entry: { action: string }) => entry.action === action)
          .map(({ actor }: { actor: string }) => actor),
      ),
    ];
    const named = (...clients: readonly string[]) =>
      clients.map((client) => `oidc:${issuer.issuer}#${client}`).toSorted();
    expect(actors('organization.create')).toEqual(named('operator'));
    expect(actors('organization.update')).toEqual(named('owner'));
    expect(actors('key.create').toSorted()).toEqual(named('owner', 'admin', 'member'));
    expect(actors('member.create').toSorted()).toEqual(named('operator', 'owner', 'admin'));
    expect(actors('member.delete')).toEqual(named('owner'));
    expect(verified.code).toBe(0);
  });

  it('is the only place that names them: the log has neither token nor address', () => {
    const log = runner.stderr();

    expect(log).toContain('"type":"admin"');
    expect(log).not.toContain('"type":"fault"');
    for (const text of [...tokens, 'example.com', 'sk-of-the-tenant', issuer.issuer]) expect(log).not.toContain(text);
  });
});
