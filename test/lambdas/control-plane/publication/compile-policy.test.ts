import { describe, expect, test } from 'vitest';
import {
  compileCatalogPolicy,
  compileKeyPolicy,
  compileWorkspacePolicy,
} from '../../../../lambdas/control-plane/publication/compile-policy.ts';
import type { CredentialRecord } from '../../../../lambdas/store/control/credential.ts';
import type { KeyRecord } from '../../../../lambdas/store/control/key.ts';
import type { OrganizationRecord } from '../../../../lambdas/store/control/organization.ts';
import type { ProviderRecord } from '../../../../lambdas/store/control/provider.ts';
import type { RouteRecord } from '../../../../lambdas/store/control/route.ts';
import type { WorkspaceRecord } from '../../../../lambdas/store/control/workspace.ts';

const dates = { createdAt: '2026-11-22T06:30:00.000Z', updatedAt: '2026-11-22T06:30:00.000Z' };
const limits = { requestsPerMinute: 5 };
const budget = { amountMicroUsd: 7, period: 'month' } as const;

const key: KeyRecord = {
  id: 'public',
  organization: 'org_1',
  workspace: 'ws_1',
  name: 'test',
  status: 'active',
  secrets: [{ hash: 'new' }, { hash: 'old', expiresAt: 1_800_000_000 }],
  lastFour: 'abcd',
  ...dates,
};
const organization: OrganizationRecord = {
  id: 'org_1',
  name: 'Acme',
  billing: 'postpaid',
  retentionDays: 30,
  zeroRetention: false,
  status: 'active',
  ...dates,
};
const workspace: WorkspaceRecord = { id: 'ws_1', organization: 'org_1', name: 'Research', status: 'active', ...dates };
const credential: CredentialRecord = {
  provider: 'openai',
  kind: 'api-key',
  lastFour: 'abcd',
  zeroRetention: false,
  secretVersion: 3,
  oldestSecretVersion: 1,
  createdAt: dates.createdAt,
};

describe('the policy of a key', () => {
  test('has its document version, and neither dates nor the last four characters', () => {
    expect(compileKeyPolicy({ value: key, version: 4 })).toEqual({
      version: 4,
      publicId: 'public',
      name: 'test',
      organization: 'org_1',
      workspace: 'ws_1',
      secrets: [{ hash: 'new' }, { hash: 'old', expiresAt: 1_800_000_000 }],
      status: 'active',
    });
  });

  test('ends at the second that its end lies in, never later', () => {
    const policy = compileKeyPolicy({ value: { ...key, expiresAt: '2027-01-01T00:00:00.999Z' }, version: 1 });

    expect(policy.expiresAt).toBe(Date.parse('2027-01-01T00:00:00Z') / 1000);
  });

  test('keeps every restriction, also an empty list, which allows nothing', () => {
    const restrictions = { models: ['a/*'], endpoints: [], cidrs: ['10.0.0.0/8'], limits, budget };

    expect(compileKeyPolicy({ value: { ...key, ...restrictions }, version: 1 })).toMatchObject(restrictions);
  });

  test('of a revoked key says so', () => {
    expect(compileKeyPolicy({ value: { ...key, status: 'revoked' }, version: 2 }).status).toBe('revoked');
  });
});

describe('the policy of a workspace', () => {
  test('leaves out what is not set: no names, no limits, no retention promise', () => {
    const sources = { organization, workspace: { ...workspace, limits: {} }, routes: [], credentials: [] };

    expect(compileWorkspacePolicy(sources, 9)).toEqual({
      version: 9,
      organization: { id: 'org_1', billing: 'postpaid', retentionDays: 30 },
      workspace: { id: 'ws_1' },
      routes: {},
      credentials: {},
    });
  });

  test('has what is set, of the organization and of the workspace apart', () => {
    const regions = ['eu-west-1'];
    const policy = compileWorkspacePolicy(
      {
        organization: { ...organization, billing: 'prepaid', zeroRetention: true, regions, limits, budget },
        workspace: { ...workspace, limits: { tokensPerMinute: 8 } },
        routes: [],
        credentials: [],
      },
      1,
    );

    expect(policy.organization).toEqual({
      id: 'org_1',
      billing: 'prepaid',
      retentionDays: 30,
      zeroRetention: true,
      regions,
      limits,
      budget,
    });
    expect(policy.workspace).toEqual({ id: 'ws_1', limits: { tokensPerMinute: 8 } });
  });

  test('has routes by alias and references to credentials by provider', () => {
    const targets = [{ provider: 'openai', model: 'gpt-5-mini', weight: 2 }];
    const route: RouteRecord = { name: 'fast', workspace: 'ws_1', strategy: 'weighted', targets, retries: 0, ...dates };
    const rotated = { ...credential, provider: 'mistral', previousSecretVersion: 2, zeroRetention: true };

    const policy = compileWorkspacePolicy(
      { organization, workspace, routes: [route], credentials: [credential, rotated] },
      1,
    );

    expect(policy.routes).toEqual({ fast: { strategy: 'weighted', targets, retries: 0 } });
    expect(policy.credentials).toEqual({
      openai: { owner: 'workspace', credential: 'openai', version: 3 },
      mistral: { owner: 'workspace', credential: 'mistral', version: 3, previousVersion: 2, zeroRetention: true },
    });
  });
});

test('the catalog has declared providers without dates and credentials of the platform', () => {
  const declaration = {
    baseUrl: 'https://models.example.com/v1',
    protocols: ['openai-chat'],
    auth: { kind: 'bearer' },
    models: [{ id: '*', free: true }],
    zeroRetention: true,
  } as const;
  const provider: ProviderRecord = { name: 'lab', ...declaration, ...dates };

  expect(compileCatalogPolicy([provider], [credential], 2)).toEqual({
    version: 2,
    providers: { lab: declaration },
    credentials: { openai: { owner: 'platform', credential: 'openai', version: 3 } },
  });
});
