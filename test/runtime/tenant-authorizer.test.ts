import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '../../lambdas/crypto/api-key.ts';
import { keyPolicyId, type KeyPolicy, putPolicy } from '../../lambdas/store/policy.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import type { LambdaHost } from './lambda-host.ts';

const methodArn = 'arn:aws:execute-api:us-east-1:123456789012:local00api/live/POST/v1/*/${aws:username}';

function eventWith(headers: Record<string, string>): object {
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    type: 'REQUEST',
    methodArn,
    resource: '/{proxy+}',
    path: '/v1/*',
    httpMethod: 'POST',
    headers,
    multiValueHeaders,
  };
}

describe('the tenant authorizer bundle under the runtime interface client', () => {
  let deployment: Deployment;
  let host: LambdaHost;
  let apiKey: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    host = await deployment.deploy('tenant-authorizer', { responseMode: 'buffered' });
    const { apiKey: created, publicId, secretHash } = createApiKey();
    apiKey = created.reveal();
    const policy: KeyPolicy = {
      version: 1,
      publicId,
      name: 'test',
      organization: 'acme',
      workspace: 'research',
      secrets: [{ hash: secretHash }],
      status: 'active',
    };
    await putPolicy(deployment.store, deployment.tableNames.policy, keyPolicyId(publicId), policy);
  });

  afterAll(() => deployment.close());

  it.each([
    ['a caller by the organization of its key', () => ({ 'X-Api-Key': apiKey }), 'acme'],
    ['strangers as one tenant', () => ({ 'X-Amz-Tenant-Id': 'acme' }), 'unknown:caller'],
  ])('names %s and refuses nobody', async (_case, headers, tenantId) => {
    const answer = await host.invoke(eventWith(headers()));

    expect(answer).toEqual({
      principalId: 'caller',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'execute-api:Invoke',
            Resource: 'arn:aws:execute-api:us-east-1:123456789012:local00api/live/*',
          },
        ],
      },
      context: { tenantId },
    });
  });

  it('fails rather than take a customer for a stranger, and shows the log nothing of the key', async () => {
    const broken = await deployment.deploy('tenant-authorizer', {
      responseMode: 'buffered',
      variables: { TABLE_POLICY: 'no-such-table' },
    });

    await expect(broken.invoke(eventWith({ 'x-api-key': apiKey }))).rejects.toMatchObject({ type: 'StoreError' });

    const log = [...broken.log, ...host.log].join('\n');
    expect(log).toContain('StoreError');
    for (const part of apiKey.split('_').slice(1)) expect(log).not.toContain(part);
  });
});
