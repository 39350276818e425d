import { expect } from 'vitest';
import type { Upstream } from '../fixtures/upstream.ts';
import type { Installation } from './installation.ts';

export const providerSecret = 'sk-secret-of-the-deployment-test';

/** What the admin API was asked to make. */
export interface Tenant {
  readonly organization: string;
  readonly workspace: string;
  readonly key: { readonly id: string; readonly publicId: string; readonly secret: string };
}

/** An organization with money, a workspace, a provider on this machine with a credential of the workspace's own, and a key. */
export async function createTenant(installation: Installation, upstream: Upstream): Promise<Tenant> {
  const create = async (method: string, path: string, body: unknown) => {
    const answer = await installation.admin(method, path, body);
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
    return answer.body;
  };
  const { id: organization } = await create('POST', '/organizations', {
    name: 'Acme',
    billing: 'prepaid',
    retentionDays: 30,
  });
  await create('POST', `/organizations/${organization}/balance-adjustments`, {
    amountMicroUsd: 1_000_000,
    reason: 'test',
  });
  const { id: workspace } = await create('POST', `/organizations/${organization}/workspaces`, { name: 'Research' });
  await create('PUT', '/providers/lab', {
    baseUrl: `${upstream.url}/v1`,
    protocols: ['openai-chat'],
    models: [{ id: '*', price: { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } }],
  });
  await create('PUT', `/workspaces/${workspace}/credentials/lab`, { secret: providerSecret });
  const key = await create('POST', `/workspaces/${workspace}/keys`, {
    name: 'chatbot',
    limits: { requestsPerMinute: 100 },
  });
  return { organization, workspace, key: { id: key.id, publicId: key.publicId ?? key.id, secret: key.secret } };
}

/** One chat completion through the deployed proxy. */
export function chat(installation: Installation, { key }: Tenant) {
  return installation.proxy('/v1/chat/completions', {
    key: key.secret,
    body: { model: 'lab/m', messages: [{ role: 'user', content: 'hi' }] },
  });
}
