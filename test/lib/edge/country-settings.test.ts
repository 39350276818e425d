import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseDeploymentConfig } from '../../../lib/deployment-config.ts';
import { Gatehouse } from '../../../lib/gatehouse.ts';
import { bundlesFolder, featureFlags, onlyResource } from '../synthesize.ts';
import { webRequest } from './synthesized-acl.ts';
import { aclSchema, evaluateWebAcl } from './web-acl-evaluator.ts';

describe('the setting `countries`', () => {
  it('reaches the web ACL of the edge stack', () => {
    const config = parseDeploymentConfig({ regions: ['eu-west-1'], countries: { block: ['KP'] }, controlPlane: false });
    const app = new App({ context: featureFlags, analyticsReporting: false });
    const { edge } = new Gatehouse(app, 'Gatehouse', { config, bundlesPath: bundlesFolder() });

    const acl = aclSchema.parse(onlyResource(Template.fromStack(edge!), 'AWS::WAFv2::WebACL').Properties);

    expect(evaluateWebAcl(acl, webRequest({ country: 'KP' }))).toMatchObject({ action: 'block', rule: 'Country' });
    expect(evaluateWebAcl(acl, webRequest({ country: 'CH' })).action).toBe('allow');
  });

  it.each([
    [{ edge: 'none' }, '`countries` are a rule of the managed web ACL'],
    [{ webAcl: 'none' }, '`countries` are a rule of the managed web ACL'],
    [
      { webAcl: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/ours/1234abcd' },
      '`countries` are a rule of the managed web ACL',
    ],
    [{ countries: {} }, '`countries` must have either `allow` or `block`'],
    [{ countries: { block: ['KP'], allow: ['CH'] } }, '`countries` must have either `allow` or `block`'],
    [{ countries: { block: [] } }, '`countries.block`'],
    [{ countries: { allow: ['Switzerland'] } }, '`countries.allow.0` must be a country code'],
  ])('is refused where it would not do what it says: %j', (settings, message) => {
    const parse = () => parseDeploymentConfig({ countries: { allow: ['CH'] }, ...settings });

    expect(parse).toThrow(message);
  });
});
