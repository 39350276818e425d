import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../lambdas/crypto/secret.ts';
import { parseStoredCredential } from '../../../../lambdas/routing/provider-access/stored-credential.ts';

const parse = (value: object | string) =>
  parseStoredCredential(new Secret(typeof value === 'string' ? value : JSON.stringify(value)));

describe('a stored credential', () => {
  test.each(['sk-plain', '{"type":"service_account"}', ' {"kind":"aws-role"}', ''])('is an API key: %j', (text) => {
    const stored = parse(text);

    expect(stored.kind === 'api-key' && stored.secret.reveal()).toBe(text);
  });

  test('is a client of an OAuth server', () => {
    const client = { kind: 'oauth-client-credentials', tokenUrl: 'https://login.example/token', clientId: 'id' };
    const stored = parse({ ...client, clientSecret: 'hush', scope: 'a b', audience: 'models' });

    expect(stored).toMatchObject({ kind: client.kind, clientId: 'id', scope: 'a b', audience: 'models' });
    if (stored.kind !== 'oauth-client-credentials') throw new Error('not a client');
    expect([stored.tokenUrl.href, stored.clientSecret.reveal()]).toEqual(['https://login.example/token', 'hush']);
    expect(parse({ ...client, clientSecret: 'hush' })).not.toHaveProperty('scope');
  });

  test('is keys of AWS, with or without a session', () => {
    const keys = { kind: 'aws-keys', accessKeyId: 'AKID', secretAccessKey: 'hush' };

    const [lasting, temporary] = [parse(keys), parse({ ...keys, sessionToken: 'token' })];

    if (lasting.kind !== 'aws-keys' || temporary.kind !== 'aws-keys') throw new Error('no keys');
    expect([lasting.accessKeyId, lasting.secretAccessKey.reveal(), lasting.sessionToken]).toEqual([
      'AKID',
      'hush',
      undefined,
    ]);
    expect(temporary.sessionToken?.reveal()).toBe('token');
    expect(inspect([lasting, temporary]) + JSON.stringify([lasting, temporary])).not.toMatch(/hush|"token"/);
  });

  test('is a role of AWS', () => {
    const roleArn = 'arn:aws:iam::123456789012:role/models';

    expect(parse({ kind: 'aws-role', roleArn })).toEqual({ kind: 'aws-role', roleArn });
    expect(parse({ kind: 'aws-role', roleArn, externalId: 'x' })).toMatchObject({ externalId: 'x' });
  });

  test.each([
    '{"kind":"hush"}',
    '{"kind":"aws-keys","secretAccessKey":"hush"}',
    '{"kind":"aws-keys","accessKeyId":"","secretAccessKey":"hush"}',
    '{"kind":"aws-keys","accessKeyId":1,"secretAccessKey":"hush"}',
    '{"kind":"aws-keys","accessKeyId":"a","secretAccessKey":"hush","sessionToken":null}',
    '{"kind":"aws-role","externalId":"hush"}',
    '{"kind":"oauth-client-credentials","tokenUrl":"hush","clientId":"a","clientSecret":"hush"}',
    '{"kind":"oauth-client-credentials","tokenUrl":"file:///hush","clientId":"a","clientSecret":"hush"}',
    '{"kind":"oauth-client-credentials","tokenUrl":"https://a/hush","clientId":"a"}',
    '{"kind":"aws-keys","accessKeyId":"hush"',
    '{"kind":1}',
  ])('is refused, and not quoted, where it is none: %s', (text) => {
    const parsing = () => parse(text);

    expect(parsing).toThrow(expect.objectContaining({ code: 'provider_credential_missing', status: 502 }));
    expect(parsing).not.toThrow(/hush/);
  });
});
