import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OidcIssuer } from '../../../../lambdas/control-plane/sign-in/oidc-settings.ts';
import { createSignIn } from '../../../../lambdas/control-plane/sign-in/sign-in.ts';
import { Secret } from '../../../../lambdas/crypto/secret.ts';
import { type RunningOidcProvider, startOidcProvider } from '../../../fixtures/oidc-provider.ts';

const options = {
  audience: 'https://gatehouse.example.com/admin',
  clients: {
    ada: { email: 'Ada@Example.com', email_verified: true, groups: ['acme-admins', 'everyone'] },
    grace: { email: 'grace@example.com', email_verified: false, realm_access: { roles: ['platform'] } },
    deployer: {},
  },
};
const roles: OidcIssuer['roles'] = [
  { claim: 'groups', value: 'acme-admins', role: 'admin', organization: 'org_acme' },
  { claim: 'realm_access.roles', value: 'platform', role: 'operator' },
];
const bootstrapToken = 'bootstrap-token-of-this-test';

let provider: RunningOidcProvider;
beforeAll(async () => {
  provider = await startOidcProvider(options);
});
afterAll(() => provider.close());
afterEach(() => {
  vi.useRealTimers();
});

function signIn(issuer: Partial<OidcIssuer> = {}, now: () => number = Date.now) {
  return createSignIn({
    bootstrapToken: async () => [new Secret(bootstrapToken)],
    issuers: [{ issuer: provider.issuer, audiences: [options.audience], roles, ...issuer }],
    now,
  });
}

async function bearer(clientId: string): Promise<string> {
  return `Bearer ${await provider.token(clientId)}`;
}

describe('signing in with a token of an OpenID provider', () => {
  it('gives the identities and roles of the claims', async () => {
    const principal = await signIn().authenticate(await bearer('ada'));

    expect(principal).toEqual({
      kind: 'oidc',
      actor: `oidc:${provider.issuer}#ada`,
      operator: false,
      claimedRoles: { org_acme: 'admin' },
      identities: [
        { kind: 'subject', value: `${provider.issuer}#ada` },
        { kind: 'email', value: 'ada@example.com' },
      ],
    });
  });

  it('makes an operator by a nested claim, and ignores an address that is not verified', async () => {
    const principal = await signIn().authenticate(await bearer('grace'));

    expect(principal).toMatchObject({ operator: true, claimedRoles: {} });
    expect(principal.identities).toEqual([{ kind: 'subject', value: `${provider.issuer}#grace` }]);
  });

  it('lets somebody in without any role, for whom memberships may say more', async () => {
    const principal = await signIn().authenticate(await bearer('deployer'));

    expect(principal).toMatchObject({ operator: false, claimedRoles: {}, actor: `oidc:${provider.issuer}#deployer` });
  });

  it('refuses a token for another audience', async () => {
    const attempt = signIn({ audiences: ['another'] }).authenticate(await bearer('ada'));

    await expect(attempt).rejects.toMatchObject({ code: 'invalid_token', status: 401 });
  });

  it('refuses a token that has expired', async () => {
    const inAnHour = Date.now() + 3_600_000;

    const attempt = signIn({}, () => inAnHour).authenticate(await bearer('ada'));

    await expect(attempt).rejects.toMatchObject({ code: 'expired_token', status: 401 });
  });

  it('refuses a token of an issuer that is not configured, and asks that issuer nothing', async () => {
    const stranger = await startOidcProvider(options);
    const token = await stranger.token('ada');
    await stranger.close();

    const attempt = signIn().authenticate(`Bearer ${token}`);

    await expect(attempt).rejects.toMatchObject({ code: 'invalid_token', status: 401 });
  });

  it('refuses a token of one configured issuer that another one signed', async () => {
    const other = await startOidcProvider(options);
    try {
      const [, claims] = (await provider.token('grace')).split('.');
      const [header, , signature] = (await other.token('grace')).split('.');
      const { authenticate } = createSignIn({
        issuers: [provider, other].map(({ issuer }) => ({ issuer, audiences: [options.audience], roles })),
        now: Date.now,
      });

      const attempt = authenticate(`Bearer ${header}.${claims}.${signature}`);

      await expect(attempt).rejects.toMatchObject({ code: 'invalid_token' });
    } finally {
      await other.close();
    }
  });

  it('follows a rotation of the keys', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const rotating = await startOidcProvider(options);
    try {
      const { authenticate } = signIn({ issuer: rotating.issuer });
      const before = `Bearer ${await rotating.token('ada')}`;
      await authenticate(before);
      rotating.rotateKeys();
      vi.setSystemTime(Date.now() + 30_000);

      const principal = await authenticate(`Bearer ${await rotating.token('ada')}`);

      expect(principal.actor).toBe(`oidc:${rotating.issuer}#ada`);
      await expect(authenticate(before)).rejects.toMatchObject({ code: 'invalid_token' });
    } finally {
      await rotating.close();
    }
  });

  it('says that it cannot tell, rather than no, while the provider is down', async () => {
    const failing = await startOidcProvider(options);
    const token = await failing.token('ada');
    await failing.close();

    const attempt = signIn({ issuer: failing.issuer }).authenticate(`Bearer ${token}`);

    await expect(attempt).rejects.toMatchObject({ code: 'sign_in_unavailable', status: 503 });
  });
});

describe('signing in with the bootstrap token', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])(
    'makes the platform operator, by the scheme "%s"',
    async (scheme) => {
      expect(await signIn().authenticate(`${scheme} ${bootstrapToken}`)).toEqual({
        kind: 'bootstrap-token',
        actor: 'bootstrap-token',
        operator: true,
        claimedRoles: {},
        identities: [],
      });
    },
  );

  it('refuses any other', async () => {
    const attempt = signIn().authenticate(`Bearer ${bootstrapToken}x`);

    await expect(attempt).rejects.toMatchObject({ code: 'invalid_token', status: 401 });
  });

  it('refuses every token where none is configured', async () => {
    const { authenticate } = createSignIn({ issuers: [], now: Date.now });

    await expect(authenticate('Bearer undefined')).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(authenticate(await bearer('ada'))).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('never reads it for a JSON Web Token', async () => {
    const read = vi.fn(async () => [new Secret(bootstrapToken)]);
    const { authenticate } = createSignIn({ bootstrapToken: read, issuers: [], now: Date.now });

    await expect(authenticate(await bearer('ada'))).rejects.toMatchObject({ code: 'invalid_token' });

    expect(read).not.toHaveBeenCalled();
  });
});

describe('signing in with something else', () => {
  it.each([undefined, '', 'Bearer', 'Bearer ', `Basic ${bootstrapToken}`, bootstrapToken, `Bearer a b`, `BearerX a`])(
    'finds no token in the header %j',
    async (authorization) => {
      await expect(signIn().authenticate(authorization)).rejects.toMatchObject({ code: 'missing_token', status: 401 });
    },
  );

  it('answers any text with a refusal that repeats nothing of it', async () => {
    const { authenticate } = signIn();
    const encoded = fc.oneof(
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.constantFrom(
        'eyJhbGciOiJSUzI1NiJ9',
        Buffer.from(JSON.stringify({ iss: provider.issuer })).toString('base64url'),
      ),
      fc.stringMatching(/^[\w-]{0,40}$/),
    );
    const anyToken = fc.oneof(
      fc.array(encoded, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.')),
      fc.string({ unit: 'binary' }),
    );

    await fc.assert(
      fc.asyncProperty(anyToken, async (token) => {
        const refusal = await authenticate(`Bearer canary${token}`).catch((error: unknown) => error);
        const plain = await authenticate(`Bearer ${token}`).catch((error: unknown) => error);

        expect(refusal).toMatchObject({ name: 'SignInError', status: 401 });
        expect(plain).toMatchObject({ name: 'SignInError', status: 401 });
        expect(inspect(refusal, { showHidden: true })).not.toContain('canary');
      }),
      { numRuns: 500 },
    );
  });

  it('refuses an encrypted token', async () => {
    const header = Buffer.from(JSON.stringify({ alg: 'RSA-OAEP', enc: 'A256GCM' })).toString('base64url');

    await expect(signIn().authenticate(`Bearer ${header}.a.b.c.d`)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('gives messages that may stand in a header', async () => {
    const tokens = [undefined, 'Bearer x', await bearer('ada'), 'Bearer eyJhbGciOiJub25lIn0.e30.'];

    const refusals = await Promise.allSettled(tokens.map((token) => signIn({ audiences: ['x'] }).authenticate(token)));

    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ reason: { message: expect.stringMatching(/^[ !#-[\]-~]+$/) as string } });
    }
  });
});
