import { expect } from 'vitest';
import { type Claims, templateOf } from './variant.ts';

export const noControlPlane: Claims = {
  'is an edge and a data plane, which serve what other means publish': ({ gatehouse, templates }) => {
    expect(gatehouse.controlPlane).toBeUndefined();
    expect(Object.keys(templates).toSorted()).toEqual(['Gatehouse-DataPlane-eu-west-1', 'Gatehouse-Edge']);
  },
  'has nobody to sign in and nothing that publishes': (variant) => {
    const types = Object.values(templateOf(variant, 'Gatehouse-DataPlane-eu-west-1').Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /^AWS::(Cognito|Scheduler)::/.test(type))).toEqual([]);
  },
  'tells by its outputs what another control plane needs to manage it': (variant) => {
    const { Outputs } = templateOf(variant, 'Gatehouse-DataPlane-eu-west-1');
    const names = ['Policy', 'Meter', 'Requests', 'Vault', 'Usage', 'Evidence'].map((name) => `${name}TableName`);
    expect(Object.keys(Outputs)).toEqual(expect.arrayContaining(['ProxyUrl', 'VaultKeyArn', ...names]));
  },
};
