import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIssuerKeys } from '../../../../lambdas/control-plane/sign-in/issuer-keys.ts';
import { type SigningIssuer, startSigningIssuer } from './signing-issuer.ts';

const discoveryPath = '/.well-known/openid-configuration';
const unavailable = { code: 'sign_in_unavailable', status: 503 };

let server: SigningIssuer;
beforeEach(async () => {
  // The JWT library has no clock to hand in. Timers stay real, and so does the network.
  vi.useFakeTimers({ toFake: ['Date'] });
  server = await startSigningIssuer();
});
afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

function keysOf(issuer: { issuer?: string; jwksUrl?: string } = {}) {
  return createIssuerKeys({ issuer: server.issuer, ...issuer }, Date.now);
}

function passSeconds(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

describe('the keys of an issuer', () => {
  it('are found through its discovery document, fetched once for all who wait and kept', async () => {
    const keys = keysOf();
    const token = await server.sign();

    await Promise.all([jwtVerify(token, keys), jwtVerify(token, keys)]);
    await jwtVerify(token, keys);

    expect(server.asked).toEqual([discoveryPath, '/jwks']);
  });

  it('are fetched from the configured address without any discovery', async () => {
    await jwtVerify(await server.sign(), keysOf({ jwksUrl: `${server.issuer}/jwks` }));

    expect(server.asked).toEqual(['/jwks']);
  });

  it('are discovered below an issuer with a path and a final slash', async () => {
    const issuer = `${server.issuer}/tenant/`;
    server.documents[`/tenant${discoveryPath}`] = { issuer, jwks_uri: `${server.issuer}/jwks` };

    const verified = await jwtVerify(await server.sign({ iss: issuer }), keysOf({ issuer }));

    expect(verified.payload.iss).toBe(issuer);
  });

  it('are discovered anew after an hour, so a moved key set is found', async () => {
    const keys = keysOf();
    await jwtVerify(await server.sign(), keys);
    server.documents['/moved'] = server.documents['/jwks'];
    server.documents['/jwks'] = 404;
    server.documents[discoveryPath] = { issuer: server.issuer, jwks_uri: `${server.issuer}/moved` };

    passSeconds(3600);
    await jwtVerify(await server.sign(), keys);

    expect(server.asked).toEqual([discoveryPath, '/jwks', discoveryPath, '/moved']);
  });

  it('are fetched again for a key that appeared since, but at most every 30 s', async () => {
    const keys = keysOf();
    await jwtVerify(await server.sign(), keys);
    await server.rotateKeys();

    passSeconds(29);
    await expect(jwtVerify(await server.sign(), keys)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(server.asked.filter((path) => path === '/jwks')).toHaveLength(1);

    passSeconds(1);
    await jwtVerify(await server.sign(), keys);
    expect(server.asked.filter((path) => path === '/jwks')).toHaveLength(2);
  });

  it('stop accepting a withdrawn key after 10 minutes', async () => {
    const keys = keysOf();
    const token = await server.sign({ exp: Math.floor(Date.now() / 1000) + 3600 });
    await jwtVerify(token, keys);
    await server.rotateKeys();

    passSeconds(600);

    await expect(jwtVerify(token, keys)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it.each([
    ['has no discovery document', { [discoveryPath]: 404 }],
    ['fails to answer', { [discoveryPath]: 500 }],
    ['answers something else', { [discoveryPath]: ['hello'] }],
    ['names another issuer', { [discoveryPath]: { issuer: 'https://other.example.com', jwks_uri: 'SELF/jwks' } }],
    ['names a key set without https', { [discoveryPath]: { issuer: 'SELF', jwks_uri: 'OPEN/jwks' } }],
    ['has no key set', { '/jwks': 404 }],
    ['fails to answer with its key set', { '/jwks': 503 }],
    ['answers something else than a key set', { '/jwks': { keys: 'none' } }],
  ])('cannot be had where the issuer %s', async (_what, documents) => {
    // Reaches the same server by a name that is not known to be loopback.
    const open = server.issuer.replace('127.0.0.1', '[::ffff:127.0.0.1]');
    const own = JSON.stringify(documents).replaceAll('SELF', server.issuer).replaceAll('OPEN', open);
    Object.assign(server.documents, JSON.parse(own));

    await expect(jwtVerify(await server.sign(), keysOf())).rejects.toMatchObject(unavailable);
  });

  it('do not come from where a redirection leads', async () => {
    const target = await startSigningIssuer();
    try {
      target.documents[discoveryPath] = { issuer: server.issuer, jwks_uri: `${server.issuer}/jwks` };
      server.documents[discoveryPath] = new URL(discoveryPath, target.issuer);

      await expect(jwtVerify(await server.sign(), keysOf())).rejects.toMatchObject(unavailable);
      expect(target.asked).toEqual([]);
    } finally {
      await target.close();
    }
  });

  it('cannot be had while the issuer is down, and are had when it is back', async () => {
    const keys = keysOf();
    const document = server.documents[discoveryPath];
    server.documents[discoveryPath] = 503;
    await expect(jwtVerify(await server.sign(), keys)).rejects.toMatchObject(unavailable);

    server.documents[discoveryPath] = document;

    await expect(jwtVerify(await server.sign(), keys)).resolves.toBeDefined();
  });

  it('cannot be had where nobody listens', async () => {
    const token = await server.sign();
    await server.close();

    await expect(jwtVerify(token, keysOf())).rejects.toMatchObject(unavailable);
    await expect(jwtVerify(token, keysOf({ jwksUrl: `${server.issuer}/jwks` }))).rejects.toMatchObject(unavailable);
  });
});
