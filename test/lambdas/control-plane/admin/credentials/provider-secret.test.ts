import { describe, expect, it } from 'vitest';
import {
  readProviderSecret,
  secretFaults,
} from '../../../../../lambdas/control-plane/admin/credentials/provider-secret.ts';

const role = { kind: 'aws-role', roleArn: 'arn:aws:iam::123456789012:role/models' } as const;
const workspace = { kind: 'workspace', workspace: 'ws_1' } as const;
const platform = { kind: 'platform' } as const;

const signed = {
  kind: 'sigv4',
  scope: { service: 'bedrock', region: 'eu-west-1' },
  acceptsKeys: true,
} as const;
const rules = { allowPrivate: false };

const roleFaults = (externalId: string, owner: typeof workspace | typeof platform) =>
  secretFaults({ ...role, externalId }, signed, { ...rules, owner });

describe('an AWS role as a provider secret', () => {
  it('of a workspace is assumed with the id of the workspace', () => {
    const { text } = readProviderSecret(role, workspace);

    expect(JSON.parse(text.reveal())).toEqual({ ...role, externalId: 'ws_1' });
    expect(text.reveal()).toMatch(/^\{"kind":/);
  });

  it('of a workspace cannot be given another external id', () => {
    expect(roleFaults('ws_2', workspace)).toMatchObject([{ field: 'body.secret.externalId' }]);
    expect(roleFaults('ws_1', workspace)).toEqual([]);
  });

  it('of the platform keeps the external id it is given, or none', () => {
    expect(JSON.parse(readProviderSecret({ ...role, externalId: 'x1' }, platform).text.reveal())).toMatchObject({
      externalId: 'x1',
    });
    expect(JSON.parse(readProviderSecret(role, platform).text.reveal())).toEqual(role);
    expect(roleFaults('x1', platform)).toEqual([]);
  });
});

describe('the role of the gateway itself', () => {
  const own = { kind: 'aws-function-role' } as const;
  const other = { ...signed, scope: { service: 'execute-api', region: 'eu-west-1' } };

  it('is the platform’s to use, for Bedrock', () => {
    expect(secretFaults(own, signed, { ...rules, owner: platform })).toEqual([]);
    expect(readProviderSecret(own, platform)).toMatchObject({
      kind: 'aws-function-role',
      lastFour: '',
    });
    expect(readProviderSecret(own, platform).text.reveal()).toBe('{"kind":"aws-function-role"}');
  });

  it('is lent to no workspace, to no other service, and to no provider that is sent a key', () => {
    const faults = [
      secretFaults(own, signed, { ...rules, owner: workspace }),
      secretFaults(own, other, { ...rules, owner: platform }),
      secretFaults(own, { kind: 'bearer' }, { ...rules, owner: platform }),
    ];

    expect(faults.map(([first]) => first?.field)).toEqual(['body.secret', 'body.secret', 'body.secret']);
  });
});

describe('a provider that is sent a signature', () => {
  it('takes an API key where it says so, and no other kind that is not of AWS', () => {
    const { acceptsKeys: _, ...signatureOnly } = signed;
    const google = {
      kind: 'google-service-account',
      clientEmail: 'a@b.example',
      privateKey: 'x',
    } as const;

    expect(secretFaults('ABSKkey', signed, { ...rules, owner: workspace })).toEqual([]);
    expect(secretFaults('ABSKkey', signatureOnly, { ...rules, owner: workspace })).toHaveLength(1);
    expect(secretFaults(google, signed, { ...rules, owner: workspace })).toHaveLength(1);
    expect(secretFaults(google, { kind: 'bearer' }, { ...rules, owner: workspace })).toEqual([]);
  });
});
