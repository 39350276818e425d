import { expect } from 'vitest';
import { readAssembly } from '../../../cli/cost/assembly.ts';
import { sumOf } from '../../../cli/cost/charge.ts';
import { idleCosts } from '../../../cli/cost/idle.ts';
import { defaultPrices } from '../../../cli/cost/prices.ts';
import { type Claims, resourcesOfType, templateOf } from './variant.ts';

const controlPlane = 'Gatehouse-ControlPlane';

export const sandbox: Claims = {
  'costs less than 5 USD a month while nobody calls': ({ directory }) => {
    const microUsd = sumOf(idleCosts(readAssembly(directory), defaultPrices));
    expect(microUsd).toBeGreaterThan(1_000_000);
    expect(microUsd).toBeLessThan(5_000_000);
  },
  'has no web ACL anywhere': ({ templates, gatehouse }) => {
    expect(gatehouse.edge).toBeUndefined();
    expect(Object.values(templates).flatMap((template) => resourcesOfType(template, 'AWS::WAFv2::WebACL'))).toEqual([]);
  },
  'goes with `cdk destroy --all`, and without a word about protection': ({ gatehouse }) => {
    const stacks = [...gatehouse.dataPlanes, gatehouse.controlPlane];
    expect(stacks.map((stack) => stack?.terminationProtection)).toEqual([false, false]);
  },
  'is whole all the same: CloudFront with the origin check, the admin API, sign-in and reconcile': (variant) => {
    const types = [controlPlane, 'Gatehouse-DataPlane-us-east-1'].flatMap((stack) =>
      Object.values(templateOf(variant, stack).Resources).map(({ Type }) => Type),
    );
    expect(types).toEqual(
      expect.arrayContaining([
        'AWS::CloudFront::Distribution',
        'AWS::Cognito::UserPool',
        'AWS::ApiGateway::RestApi',
        'AWS::Scheduler::Schedule',
        'AWS::SecretsManager::Secret',
      ]),
    );
  },
  'takes new versions at once, and pays for no alarm, topic or dashboard': ({ templates }) => {
    const types = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type));
    expect(types.filter((type) => /^AWS::(CodeDeploy|CloudWatch|SNS)::/.test(type))).toEqual([]);
  },
  'lets somebody new sign in without a second factor': (variant) => {
    const [pool] = resourcesOfType(templateOf(variant, controlPlane), 'AWS::Cognito::UserPool');
    expect(pool?.Properties['MfaConfiguration']).toBe('OPTIONAL');
  },
};
