import aws4 from 'aws4';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRoleAssumer, type RoleAssumer } from '../../../lambdas/aws/assume-role.ts';
import { type AwsServer, type Reply, startAwsServer } from './aws-server.ts';

const own = { accessKeyId: 'AKIDOWN', secretAccessKey: 'own-secret', sessionToken: 'own-session' };
const role = { roleArn: 'arn:aws:iam::123456789012:role/models', externalId: 'tenant & 7' };

/** As STS answers, from its API reference. */
const answer = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/models/gatehouse</Arn></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <SessionToken>
        AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW+LWs=
      </SessionToken>
      <Expiration>2026-11-22T11:00:00Z</Expiration>
    </Credentials>
  </AssumeRoleResult>
</AssumeRoleResponse>`;

const refusal = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
  <Message>User: arn:aws:sts::1:x is not authorized</Message></Error></ErrorResponse>`;

async function assumerAt(reply: Reply): Promise<{ sts: AwsServer; assumer: RoleAssumer }> {
  const sts = await startAwsServer(() => reply);
  const assumer = createRoleAssumer({
    region: 'eu-west-1',
    endpoint: sts.endpoint,
    credentials: async () => own,
    responseTimeoutMs: 300,
  });
  onTestFinished(async () => {
    assumer.close();
    await sts.close();
  });
  return { sts, assumer };
}

describe('assuming a role', () => {
  test('gives its temporary credentials and their end', async () => {
    const { assumer } = await assumerAt({ status: 200, body: answer });

    expect(await assumer.assume(role)).toEqual({
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY',
      sessionToken: 'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQW+LWs=',
      expiresAt: Date.parse('2026-11-22T11:00:00Z'),
    });
  });

  test('names the role, the session and the external id, signed with the credentials of its own', async () => {
    const { sts, assumer } = await assumerAt({ status: 200, body: answer });

    await assumer.assume(role);
    await assumer.assume({ roleArn: role.roleArn });

    const [first, second] = sts.calls.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    const asked = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role.roleArn, RoleSessionName: 'gatehouse' };
    expect(first).toEqual({ ...asked, ExternalId: 'tenant & 7' });
    expect(second).toEqual(asked);
    const { headers, body } = sts.calls[0]!;
    const { authorization, host, 'content-type': type, 'x-amz-date': date } = headers;
    // Intermediaries may rewrite the length, and AWS does not ask for it to be signed.
    const unsigned = { extraHeadersToIgnore: { 'content-length': true } };
    const oracle = aws4.sign(
      {
        service: 'sts',
        region: 'eu-west-1',
        method: 'POST',
        path: '/',
        headers: { host, 'content-type': type, 'x-amz-date': String(date) },
        body,
        ...unsigned,
      },
      own,
    );
    expect(authorization).toBe((oracle.headers as Record<string, string>)['Authorization']);
    expect(headers['x-amz-security-token']).toBe('own-session');
  });

  test.each<[string, Reply, object]>([
    ['a refusal', { status: 403, body: refusal }, { outcome: 'answered', status: 403, type: 'AccessDenied' }],
    ['an answer without credentials', { status: 200, body: '<AssumeRoleResponse/>' }, { outcome: 'unknown' }],
    [
      'an answer whose end cannot be read',
      { status: 200, body: answer.replace('2026-11-22T11:00:00Z', 'soon') },
      { outcome: 'unknown' },
    ],
    ['no answer', 'hang', { outcome: 'unknown' }],
  ])('fails on %s, and quotes nothing', async (_name, reply, expected) => {
    const { assumer } = await assumerAt(reply);

    const assuming = assumer.assume(role);

    await expect(assuming).rejects.toMatchObject({ name: 'AwsCallError', ...expected });
    await expect(assuming).rejects.not.toThrow(/arn:|EXAMPLE|own-/);
  });
});
