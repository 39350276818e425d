import { createHmac, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, type JWTVerifyGetKey, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OidcIssuer } from '../../../../lambdas/control-plane/sign-in/oidc-settings.ts';
import { verifyToken } from '../../../../lambdas/control-plane/sign-in/verify-token.ts';
import { audience, type SigningIssuer, startSigningIssuer } from './signing-issuer.ts';

const now = Date.parse('2026-11-22T10:00:00Z');
const seconds = now / 1000;

let server: SigningIssuer;
let keys: JWTVerifyGetKey;
beforeAll(async () => {
  server = await startSigningIssuer();
  keys = createLocalJWKSet(server.documents['/jwks'] as JSONWebKeySet);
});
afterAll(() => server.close());

/** Signs good claims with these changes, and verifies. */
async function verifyClaims(claims: Record<string, unknown> = {}, issuer: Partial<OidcIssuer> = {}) {
  return verify(await server.sign({ exp: seconds + 600, ...claims }), issuer);
}

function verify(token: string, issuer: Partial<OidcIssuer> = {}, by: JWTVerifyGetKey = keys) {
  return verifyToken(token, { issuer: server.issuer, audiences: ['other', audience], roles: [], ...issuer }, by, now);
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function goodClaims(): Record<string, unknown> {
  return { iss: server.issuer, sub: 'ada', aud: audience, exp: seconds + 600 };
}

const invalid = { name: 'SignInError', code: 'invalid_token', status: 401 };

describe('verifyToken', () => {
  it('returns the claims of a good token', async () => {
    expect(await verifyClaims({ groups: ['a'] })).toEqual({ ...goodClaims(), groups: ['a'] });
  });

  it('needs no `typ` and minds none', async () => {
    const token = await server.sign({ exp: seconds + 600 }, { typ: 'at+jwt' });

    await expect(verify(token)).resolves.toMatchObject({ sub: 'ada' });
  });

  it.each(['RS256', 'RS512', 'PS256', 'ES384', 'EdDSA'])('accepts a signature by %s', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const published = { ...(await exportJWK(publicKey)), alg, kid: 'k' };
    const token = await new SignJWT(goodClaims()).setProtectedHeader({ alg, kid: 'k' }).sign(privateKey);

    await expect(verify(token, {}, createLocalJWKSet({ keys: [published] }))).resolves.toMatchObject({ sub: 'ada' });
  });

  describe('times', () => {
    it.each([
      ['expired 29 s ago', { exp: seconds - 29 }],
      ['valid in 30 s', { nbf: seconds + 30 }],
    ])('allows clocks to differ: %s', async (_what, claims) => {
      await expect(verifyClaims(claims)).resolves.toBeDefined();
    });

    it('refuses a token that expired 30 s ago, under a code of its own', async () => {
      await expect(verifyClaims({ exp: seconds - 30 })).rejects.toMatchObject({ code: 'expired_token', status: 401 });
    });

    it.each([
      ['is not valid for 31 s', { nbf: seconds + 31 }, 'not valid yet'],
      ['never expires', { exp: undefined }, 'lacks the claim `exp`'],
      ['has a text for its expiry', { exp: String(seconds + 600) }, '`exp`'],
    ])('refuses a token that %s', async (_what, claims, message) => {
      await expect(verifyClaims(claims)).rejects.toMatchObject({
        ...invalid,
        message: expect.stringContaining(message) as string,
      });
    });
  });

  describe('audience', () => {
    it.each([
      ['a text', { aud: audience }],
      ['one of several', { aud: ['elsewhere', audience] }],
      ["Cognito's client id in an access token", { aud: undefined, token_use: 'access', client_id: audience }],
      ["Cognito's audience in an id token", { aud: audience, token_use: 'id' }],
    ])('is accepted as %s', async (_what, claims) => {
      await expect(verifyClaims(claims)).resolves.toBeDefined();
    });

    it('is taken from the configured claim where the token has none', async () => {
      const claims = { aud: undefined, azp: audience };

      await expect(verifyClaims(claims, { clientIdClaim: 'azp' })).resolves.toBeDefined();
      await expect(verifyClaims(claims)).rejects.toMatchObject(invalid);
    });

    it.each([
      ['another', { aud: 'elsewhere' }],
      ['others', { aud: ['elsewhere', 'nowhere'] }],
      ['nobody', { aud: [] }],
      ['null', { aud: null, token_use: 'access', client_id: audience }],
      ['absent', { aud: undefined }],
      ['absent, with a client id but no sign of Cognito', { aud: undefined, client_id: audience }],
      ['absent in an id token', { aud: undefined, token_use: 'id', client_id: audience }],
      ['another client id', { aud: undefined, token_use: 'access', client_id: 'elsewhere' }],
      ['client ids in an array', { aud: undefined, token_use: 'access', client_id: [audience] }],
      ['another, whatever the client id', { aud: 'elsewhere', token_use: 'access', client_id: audience }],
    ])('is refused when it is %s', async (_what, claims) => {
      await expect(verifyClaims(claims)).rejects.toMatchObject({
        ...invalid,
        message: expect.stringContaining('audience') as string,
      });
    });
  });

  describe('issuer and subject', () => {
    it.each([`http://127.0.0.1`, 'https://other.example.com', undefined, ''])('refuses the issuer %j', async (iss) => {
      await expect(verifyClaims({ iss })).rejects.toMatchObject(invalid);
    });

    it('refuses its own issuer with a final slash', async () => {
      await expect(verifyClaims({ iss: `${server.issuer}/` })).rejects.toMatchObject(invalid);
    });

    it.each([undefined, '', 7, ['ada'], 'a\nb', 'é', 'a'.repeat(256)])('refuses the subject %j', async (sub) => {
      await expect(verifyClaims({ sub })).rejects.toMatchObject(invalid);
    });
  });

  describe('signature', () => {
    it('refuses claims that were changed after signing', async () => {
      const [header, , signature] = (await server.sign({ exp: seconds + 600 })).split('.');

      const token = `${header}.${encode({ ...goodClaims(), sub: 'eve' })}.${signature}`;

      await expect(verify(token)).rejects.toMatchObject({ ...invalid, message: "The token's signature is wrong." });
    });

    it('refuses a token of a stranger who claims the key of the issuer', async () => {
      const [{ kid }] = (server.documents['/jwks'] as { keys: [{ kid: string }] }).keys;
      const { privateKey } = await generateKeyPair('ES256');

      const token = await new SignJWT(goodClaims()).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);

      await expect(verify(token)).rejects.toMatchObject({ ...invalid, message: "The token's signature is wrong." });
    });

    it('refuses the key that a token brings along', async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256');

      const jwk = await exportJWK(publicKey);
      const token = await new SignJWT(goodClaims()).setProtectedHeader({ alg: 'ES256', jwk }).sign(privateKey);

      await expect(verify(token)).rejects.toMatchObject(invalid);
    });

    it.each(['none', 'None', 'NONE', ''])('refuses an unsigned token: alg %j', async (alg) => {
      await expect(verify(`${encode({ alg })}.${encode(goodClaims())}.`)).rejects.toMatchObject(invalid);
    });

    it('refuses HS256 with the public key as its secret', async () => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const published = { ...(await exportJWK(publicKey)), kid: 'k' };
      const signed = `${encode({ alg: 'HS256', kid: 'k' })}.${encode(goodClaims())}`;

      const pems = (['spki', 'pkcs1'] as const).map((type) => publicKey.export({ type, format: 'pem' }));
      const refusals = pems.map((pem) => {
        const signature = createHmac('sha256', pem).update(signed).digest('base64url');
        return verify(`${signed}.${signature}`, {}, createLocalJWKSet({ keys: [published] }));
      });

      for (const refusal of refusals) {
        await expect(refusal).rejects.toMatchObject({
          ...invalid,
          message: expect.stringContaining('algorithm is not accepted') as string,
        });
      }
    });

    it('refuses HS256 even where the issuer publishes the secret as a key', async () => {
      const secret = Buffer.alloc(32, 7);
      const token = await new SignJWT(goodClaims()).setProtectedHeader({ alg: 'HS256' }).sign(secret);

      await expect(verify(token, {}, async () => secret)).rejects.toMatchObject(invalid);
    });

    it('refuses a key that the issuer does not publish', async () => {
      const token = await server.sign({ exp: seconds + 600 }, { kid: 'unknown' });

      await expect(verify(token)).rejects.toMatchObject({
        ...invalid,
        message: expect.stringContaining('does not publish') as string,
      });
    });

    it('refuses a token that leaves open which of several keys signed it', async () => {
      const { keys: published } = server.documents['/jwks'] as JSONWebKeySet;
      const second = await exportJWK((await generateKeyPair('ES256')).publicKey);
      const token = await server.sign({ exp: seconds + 600 }, { kid: undefined as never });

      await expect(verify(token, {}, createLocalJWKSet({ keys: [...published, second] }))).rejects.toMatchObject(
        invalid,
      );
    });

    it('refuses a token with an extension that must be understood', async () => {
      const [, payload, signature] = (await server.sign()).split('.');
      const token = `${encode({ alg: 'ES256', crit: ['exp'], exp: 1 })}.${payload}.${signature}`;

      await expect(verify(token)).rejects.toMatchObject(invalid);
    });
  });

  it('repeats nothing of the token in a refusal, not even where a logger would look', async () => {
    const canary = 'canary-7f3a';
    const tokens = await Promise.all([
      server.sign({ exp: seconds - 600, sub: canary, email: canary }),
      server.sign({ exp: seconds + 600, aud: canary, sub: canary }),
      server.sign({ exp: seconds + 600, iss: canary, sub: canary }),
      server.sign({ exp: seconds + 600, sub: canary }, { kid: canary }),
    ]);

    const refusals = await Promise.allSettled(tokens.map((token) => verify(token)));

    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ status: 'rejected', reason: { name: 'SignInError' } });
      expect(inspect(refusal, { depth: null, showHidden: true })).not.toContain(canary);
    }
  });
});
