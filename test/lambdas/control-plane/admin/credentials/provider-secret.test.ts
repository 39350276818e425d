import { describe, expect, it } from 'vitest';
import {
  readProviderSecret,
  secretFaults,
} from '../../../../../lambdas/control-plane/admin/credentials/provider-secret.ts';

const role = { kind: 'aws-role', roleArn: 'arn:aws:iam::123456789012:role/models' } as const;
const workspace = { kind: 'workspace', workspace: 'ws_1' } as const;
const platform = { kind: 'platform' } as const;

const roleFaults = (externalId: string, owner: typeof workspace | typeof platform) =>
  secretFaults({ ...role, externalId }, 'sigv4', { allowPrivate: false, owner });

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
