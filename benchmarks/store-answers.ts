import type { AttributeValue, GetItemCommandInput, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { createApiKey } from '../lambdas/crypto/api-key.ts';
import { sealSecret } from '../lambdas/crypto/envelope.ts';
import { Secret } from '../lambdas/crypto/secret.ts';
import { bucketEnd, countAttribute, dayOf, holdAttribute, minuteOf } from '../lambdas/store/meter-item.ts';
import type { CatalogPolicy, KeyPolicy, WorkspacePolicy } from '../lambdas/store/policy.ts';
import { providerName } from './exchange.ts';

/** What the store and KMS answer in the benchmark: always the same, at once. */

export const tableNames = { policy: 'policy', meter: 'meter', requests: 'requests', vault: 'vault' } as const;

/** Not random, so that every process knows the same key. */
const { apiKey, publicId, secretHash } = createApiKey((size) => new Uint8Array(size).fill(7));
export const benchApiKey = apiKey.reveal();

export const dataKey = (): Buffer => Buffer.alloc(32, 1);

const budget = { amountMicroUsd: 1_000_000_000, period: 'month' } as const;

/** A key with limits and a budget, an organization with a prepaid balance: two meters, each with every kind of condition. */
const keyPolicy: KeyPolicy = {
  version: 1,
  publicId,
  name: 'bench',
  organization: 'bench',
  workspace: 'bench',
  secrets: [{ hash: secretHash }],
  status: 'active',
  limits: { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrentRequests: 10_000 },
  budget,
};

const workspacePolicy: WorkspacePolicy = {
  version: 1,
  organization: { id: 'bench', billing: 'prepaid', retentionDays: 90 },
  workspace: { id: 'bench' },
  routes: {},
  credentials: {},
};

const context = {
  app: 'gatehouse',
  organization: 'platform',
  workspace: 'platform',
  provider: providerName,
  credential: providerName,
} as const;

export interface StoreAnswers {
  getItem(input: GetItemCommandInput): { Item?: Record<string, AttributeValue> };
  updateItem(input: UpdateItemCommandInput): { Attributes?: Record<string, AttributeValue> };
}

export async function createStoreAnswers(upstreamUrl: string): Promise<StoreAnswers> {
  const catalog: CatalogPolicy = {
    version: 1,
    providers: {
      [providerName]: {
        baseUrl: `${upstreamUrl}/v1`,
        protocols: ['openai-chat'],
        auth: { kind: 'bearer' },
        models: [{ id: '*', price: { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } }],
      },
    },
    credentials: { [providerName]: { owner: 'platform', credential: providerName, version: 1 } },
  };
  const wrapped = { generateDataKey: async () => ({ plaintext: dataKey(), wrapped: Buffer.from('bench') }) };
  const sealed = await sealSecret(new Secret('sk-0'), context, wrapped);
  const document = (policy: object): Record<string, AttributeValue> => ({ document: { S: JSON.stringify(policy) } });
  const items: Record<string, Record<string, AttributeValue>> = {
    [`key#${publicId}`]: document(keyPolicy),
    'workspace#bench': document(workspacePolicy),
    'catalog#providers': document(catalog),
    platform: { sealed: { B: sealed }, context: { S: JSON.stringify(context) } },
  };
  return {
    getItem(input) {
      const item = items[input.Key?.['pk']?.S ?? ''];
      return item === undefined ? {} : { Item: item };
    },
    updateItem: (input) => (input.ReturnValues === 'ALL_NEW' ? { Attributes: meterItem() } : {}),
  };
}

/** As a meter looks after a reservation. */
function meterItem(): Record<string, AttributeValue> {
  const now = Date.now();
  const number = (value: number): AttributeValue => ({ N: String(value) });
  return {
    pk: { S: `key#${publicId}` },
    policyVersion: number(1),
    minute: number(minuteOf(now)),
    minuteRequests: number(42),
    minuteTokens: number(4_200),
    day: number(dayOf(now)),
    dayRequests: number(4_200),
    inflight: number(3),
    balance: number(900_000_000),
    budget: number(budget.amountMicroUsd),
    period: { S: new Date(now).toISOString().slice(0, 7) },
    [holdAttribute(bucketEnd(now))]: number(5_000),
    [countAttribute(bucketEnd(now))]: number(3),
  };
}
