import aws4 from 'aws4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AwsCredentials, createSigner, type UnsignedCall } from '../../../lambdas/aws/sign.ts';

/** Without white space at the ends or doubled inside, which another signer folds and ours need not know. */
const headerText = fc.stringMatching(/^[!-~]{1,40}$/);
const credentials: fc.Arbitrary<AwsCredentials> = fc.record(
  { accessKeyId: headerText, secretAccessKey: fc.string({ minLength: 1 }), sessionToken: headerText },
  { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
);
/** Encoded once, as a URL has it: models of Bedrock have a colon or an encoded slash in their names. */
const path = fc
  .array(fc.oneof(fc.string(), fc.constantFrom('model', 'a.b-v1:0', '')), { maxLength: 4 })
  .map((segments) => new URL(`https://host/${segments.map(encodeURIComponent).join('/')}`).pathname);
const call: fc.Arbitrary<UnsignedCall> = fc.record(
  {
    host: fc.oneof(fc.domain(), fc.constant('127.0.0.1:8000'), fc.constant('[::1]:8000')),
    path,
    contentType: fc.constantFrom('application/x-amz-json-1.0', 'application/x-amz-json-1.1', 'application/json'),
    target: headerText,
    body: fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.json(),
      fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
    ),
  },
  { requiredKeys: ['host', 'contentType', 'body'] },
);
const scope = fc.record({
  service: fc.constantFrom('dynamodb', 'kms', 'secretsmanager', 'bedrock', 'sts'),
  region: fc.constantFrom('us-east-1', 'cn-north-1', 'us-gov-west-1', 'local'),
});
const time = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 0) });

/** The same call signed by a general signer of long standing. */
function signedByAws4(service: string, region: string, given: { call: UnsignedCall; credentials: AwsCredentials }) {
  return (date: string) => {
    const { host, path: sentPath = '/', contentType, target, body } = given.call;
    const headers = {
      host,
      'content-type': contentType,
      ...(target !== undefined && { 'x-amz-target': target }),
      'x-amz-date': date,
    };
    const request = { service, region, method: 'POST', path: sentPath, headers, body };
    // Intermediaries may rewrite the length, and AWS does not ask for it to be signed.
    const unsigned = { extraHeadersToIgnore: { 'content-length': true } };
    const signed = aws4.sign({ ...request, ...unsigned }, given.credentials).headers as Record<string, string>;
    return signed['Authorization'];
  };
}

describe('createSigner', () => {
  it('signs as a general signer does, whatever the body, scope, credentials and time', () => {
    fc.assert(
      fc.property(
        scope,
        fc.array(fc.tuple(call, credentials, time), { minLength: 1, maxLength: 3 }),
        (where, calls) => {
          const signer = createSigner(where);
          for (const [given, keys, now] of calls) {
            const headers = signer.sign(given, keys, now);

            const oracle = signedByAws4(where.service, where.region, { call: given, credentials: keys });
            expect(headers['x-amz-date']).toMatch(/^\d{8}T\d{6}Z$/);
            expect(headers['authorization']).toBe(oracle(headers['x-amz-date']!));
            expect(headers['x-amz-target']).toBe(given.target);
            expect(headers['x-amz-security-token']).toBe(keys.sessionToken);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes the next key at midnight, with rotated credentials and back again', () => {
    const signer = createSigner({ service: 'kms', region: 'eu-west-1' });
    const given = {
      host: 'kms',
      contentType: 'application/x-amz-json-1.1',
      target: 'TrentService.Decrypt',
      body: '{}',
    };
    const [before, after] = [Date.UTC(2026, 10, 22, 23, 59, 59, 999), Date.UTC(2026, 10, 23)];
    const steps = [
      ['first', before],
      ['first', after],
      ['second', after],
      ['first', before],
    ] as const;

    const signed = steps.map(([secretAccessKey, now]) => {
      const keys = { accessKeyId: 'AKID', secretAccessKey };
      const headers = signer.sign(given, keys, now);
      const oracle = signedByAws4('kms', 'eu-west-1', { call: given, credentials: keys });
      return [headers['x-amz-date'], headers['authorization'] === oracle(headers['x-amz-date']!)];
    });

    expect(signed).toEqual([
      ['20261122T235959Z', true],
      ['20261123T000000Z', true],
      ['20261123T000000Z', true],
      ['20261122T235959Z', true],
    ]);
  });
});
