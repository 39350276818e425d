import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

export interface SigningIssuer {
  readonly issuer: string;
  /** What is served by path, as JSON; a number is answered as that status, a URL as a redirection. May be changed at any time. */
  readonly documents: Record<string, unknown>;
  /** Paths asked for so far, in order. */
  readonly asked: readonly string[];
  /** Signs with the current key. `iss`, `sub`, `aud` and `exp` are good ones unless given; `undefined` leaves one out. */
  sign(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  rotateKeys(): Promise<void>;
  close(): Promise<void>;
}

export const audience = 'gatehouse';

/** An issuer whose every token and document the test decides, the wrong ones too. */
export async function startSigningIssuer(): Promise<SigningIssuer> {
  const asked: string[] = [];
  const documents: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const document = documents[request.url!] ?? 404;
    if (document instanceof URL) return response.writeHead(302, { location: document.href }).end();
    if (typeof document === 'number') return response.writeHead(document).end();
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  documents['/.well-known/openid-configuration'] = { issuer, jwks_uri: `${issuer}/jwks` };
  let key = await createKey();
  documents['/jwks'] = { keys: [key.published] };

  return {
    issuer,
    documents,
    asked,
    sign: (claims = {}, header = {}) =>
      new SignJWT({ iss: issuer, sub: 'ada', aud: audience, exp: Math.floor(Date.now() / 1000) + 600, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: key.published.kid!, ...header })
        .sign(key.privateKey),
    rotateKeys: async () => {
      key = await createKey();
      documents['/jwks'] = { keys: [key.published] };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function createKey(): Promise<{ privateKey: CryptoKey; published: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { privateKey, published: { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' } };
}
