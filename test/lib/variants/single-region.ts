import { expect } from 'vitest';
import { type Claims, resourcesOfType, templateOf } from './variant.ts';

export const singleRegion: Claims = {
  'is the default: an edge, one data plane and the control plane, all in us-east-1': ({
    config,
    gatehouse,
    templates,
  }) => {
    expect(Object.keys(templates).toSorted()).toEqual([
      'Gatehouse-ControlPlane',
      'Gatehouse-DataPlane-us-east-1',
      'Gatehouse-Edge',
    ]);
    expect(gatehouse.controlPlane?.region).toBe('us-east-1');
    expect(config.dataProtection).toBe('retain');
  },
  'protects every stack that holds data from being deleted': ({ gatehouse }) => {
    const protection = [...gatehouse.dataPlanes, gatehouse.controlPlane].map((stack) => stack?.terminationProtection);
    expect(protection).toEqual([true, true]);
  },
  'has a web ACL in front of model traffic and another one in front of the admin API': (variant) => {
    const scopes = ['Gatehouse-Edge', 'Gatehouse-ControlPlane'].flatMap((stack) =>
      resourcesOfType(templateOf(variant, stack), 'AWS::WAFv2::WebACL').map(({ Properties }) => Properties['Scope']),
    );
    expect(scopes).toEqual(['CLOUDFRONT', 'REGIONAL']);
  },
  'releases step by step in both planes, with alarms that take a release back': (variant) => {
    const groups = ['Gatehouse-DataPlane-us-east-1', 'Gatehouse-ControlPlane'].map((stack) =>
      resourcesOfType(templateOf(variant, stack), 'AWS::CodeDeploy::DeploymentGroup'),
    );
    expect(groups.map((one) => one.length)).toEqual([1, 1]);
    for (const { Properties } of groups.flat()) {
      expect(Properties).toMatchObject({
        AlarmConfiguration: { Enabled: true },
        AutoRollbackConfiguration: { Enabled: true, Events: expect.arrayContaining(['DEPLOYMENT_STOP_ON_ALARM']) },
      });
    }
  },
  'makes a second factor obligatory': (variant) => {
    const [pool] = resourcesOfType(templateOf(variant, 'Gatehouse-ControlPlane'), 'AWS::Cognito::UserPool');
    expect(pool?.Properties['MfaConfiguration']).toBe('ON');
  },
};
