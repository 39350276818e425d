import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { type OidcIssuer, parseOidcSettings } from '../../lambdas/control-plane/sign-in/oidc-settings.ts';
import { loadDeploymentConfig, parseDeploymentConfig } from '../../lib/deployment-config.ts';
import { everyControlPlaneSetting } from './control-plane/every-setting.ts';

/** A member that sign-in learns to read must be here, and so in the settings. */
const issuerMembers: Record<keyof OidcIssuer, true> = {
  issuer: true,
  audiences: true,
  jwksUrl: true,
  clientIdClaim: true,
  roles: true,
  trustUnverifiedEmail: true,
  emailDomains: true,
};

function keyArn(region = 'us-east-1'): string {
  return `arn:aws:kms:${region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
}

function streamArn(table: string, region = 'us-east-1'): string {
  return `arn:aws:dynamodb:${region}:111122223333:table/${table}/stream/2026-01-01T00:00:00.000`;
}

function load(context: Record<string, unknown>) {
  return loadDeploymentConfig(new App({ context }).node);
}

function settingsFile(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'gatehouse-settings-')), 'settings.json');
  writeFileSync(path, content);
  return path;
}

describe('parseDeploymentConfig', () => {
  it('is complete with no setting at all', () => {
    const config = parseDeploymentConfig({});

    expect(config).toEqual({
      regions: ['us-east-1'],
      edge: 'cloudfront',
      webAcl: 'managed',
      floodLimits: { rateLimitPerAddress: 10_000, rateLimitPerAuthorization: 10_000 },
      domainNames: [],
      proxy: { memorySize: 512, provisionedConcurrentExecutions: 0, assumableRoleArns: [] },
      bedrock: [],
      origin: 'rest-api',
      tenantIsolation: false,
      apiGatewayLogRole: true,
      logRetentionDays: 30,
      recoveryPeriodInDays: 7,
      dataProtection: 'retain',
      release: 'canary',
      monitoring: { alarms: true, alarmEmails: [], dashboard: true, traces: 'none' },
      controlPlane: {
        signIn: { cognito: true, mfa: 'required', samlProviders: [], oidcProviders: [] },
        oidcIssuers: [],
        dataPlanes: [],
        allowPrivateProviders: false,
        reconcileMinutes: 15,
      },
    });
  });

  it.each([
    [{ regions: [] }, '`regions` '],
    [{ regions: ['Ireland'] }, '`regions.0` must be an AWS region such as eu-west-1'],
    [{ regions: ['eu-west-1', 'eu-west-1'] }, '`regions` must not name a region twice'],
    [{ webAcl: 'arn:aws:wafv2:eu-west-1:1:regional/webacl/a/b' }, '`webAcl` must be "managed", "none" or the ARN'],
    [
      { certificateArn: 'arn:aws:acm:eu-west-1:1:certificate/a' },
      '`certificateArn` must be the ARN of an ACM certificate',
    ],
    [{ logRetentionDays: 31 }, '`logRetentionDays` '],
    [{ logRetentionDays: 9999 }, '`logRetentionDays` must be a number of days that CloudWatch Logs offers'],
    [{ proxy: { memorySize: 64 } }, '`proxy.memorySize` '],
    [{ recoveryPeriodInDays: 36 }, '`recoveryPeriodInDays` '],
    [
      { proxy: { assumableRoleArns: ['arn:aws:iam::111122223333:role/*'] } },
      '`proxy.assumableRoleArns.0` must be the ARN of a role',
    ],
    [{ webACL: 'none' }, 'invalid deployment settings: Unrecognized key: "webACL"'],
    [
      { domainNames: ['a.example.com'], regions: ['eu-west-1', 'us-east-1'] },
      '`domainNames` can be served by one region',
    ],
    [
      { regions: ['eu-west-1', 'eu-west-2', 'eu-west-3', 'us-east-1', 'us-west-2'] },
      '`regions` and `controlPlane.dataPlanes` must be 4 at most together',
    ],
    [{ bedrock: 'everything' }, '`bedrock` '],
    [{ bedrock: ['claude'] }, '`bedrock.0` must be the id or the ARN of a model or an inference profile'],
    [{ vpc: { subnetIds: [], securityGroupIds: ['sg-0a1b2c3d'] } }, '`vpc.subnetIds` '],
    [{ vpc: { subnetIds: ['vpc-0a1b2c3d'], securityGroupIds: [] } }, '`vpc.subnetIds.0` must be the id of a subnet'],
    [
      { vpc: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['default'] } },
      '`vpc.securityGroupIds.0` must be the id of a security group',
    ],
    [
      {
        vpc: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] },
        regions: ['eu-west-1', 'us-east-1'],
      },
      '`vpc` belongs to one region, deploy others on their own',
    ],
    [
      { existing: {}, regions: ['eu-west-1', 'us-east-1'] },
      '`existing` belongs to one region, deploy others on their own',
    ],
    [
      { existing: { vaultKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/*' } },
      '`existing.vaultKeyArn` must be the ARN of a KMS key',
    ],
    [{ existing: { vaultKeyArn: 'alias/vault' } }, '`existing.vaultKeyArn` must be the ARN of a KMS key'],
    [
      { existing: { vaultKeyArn: keyArn('eu-west-1') } },
      '`existing` must name keys and streams of the region of the deployment',
    ],
    [
      { existing: { tables: { audit: { name: 'audit', keyArn: keyArn('eu-west-1') } } } },
      '`existing` must name keys and streams of the region of the deployment',
    ],
    [
      { existing: { tables: { requests: { name: 'requests', streamArn: streamArn('requests', 'eu-west-1') } } } },
      '`existing` must name keys and streams of the region of the deployment',
    ],
    [
      { existing: { tables: { requests: { name: 'requests', streamArn: streamArn('request') } } } },
      '`existing.tables.requests.streamArn` must be of the stream of the table of this name',
    ],
    [{ existing: { tables: { requests: { name: 'requests' } } } }, '`existing.tables.requests.streamArn` '],
    [
      { existing: { tables: { meter: { name: 'one' }, policy: { name: 'one' } } } },
      '`existing.tables` must not name one table for two uses',
    ],
    [
      { existing: { vaultKeyArn: keyArn(), tables: { meter: { name: 'meter', keyArn: keyArn() } } } },
      '`existing.vaultKeyArn` must not be the key of a table: the control plane may not decrypt with it',
    ],
    [
      { existing: { tables: { audit: { name: 'audit' } } }, controlPlane: false },
      '`existing` must not name what belongs to a control plane when `controlPlane` is false',
    ],
  ])('refuses %j', (settings, message) => {
    const parse = () => parseDeploymentConfig(settings);

    expect(parse).toThrow('invalid deployment settings: ');
    expect(parse).toThrow(message);
  });

  it('takes as many regions as one likes without a control plane', () => {
    const regions = ['eu-west-1', 'eu-west-2', 'eu-west-3', 'us-east-1', 'us-west-2'];

    const config = parseDeploymentConfig({ regions, controlPlane: false });

    expect(config.regions).toEqual(regions);
  });

  it('leaves the control plane out when told so', () => {
    const config = parseDeploymentConfig({ controlPlane: false });

    expect(config.controlPlane).toBe(false);
  });

  it('keeps every setting of the control plane as given', () => {
    const config = parseDeploymentConfig({ controlPlane: everyControlPlaneSetting });

    expect(config.controlPlane).toEqual(everyControlPlaneSetting);
  });

  it.each([
    [{ reconcileMinutes: 0 }, '`controlPlane.reconcileMinutes` '],
    [{ oidcIssuer: [] }, '`controlPlane` Unrecognized key: "oidcIssuer"'],
    [{ signIn: { mfa: 'sometimes' } }, '`controlPlane.signIn.mfa` '],
    [
      { signIn: { samlProviders: [{ name: 'Corporate', metadataUrl: 'https://idp.example.com/metadata' }] } },
      '`controlPlane.signIn.domainPrefix` is required with identity providers',
    ],
    [
      { signIn: { cognito: false, domainPrefix: 'x' } },
      '`controlPlane.signIn.cognito` must not be false with settings of the user pool',
    ],
    ...['my-aws-gateway', 'amazon', 'cognito-1'].map((domainPrefix): [Record<string, unknown>, string] => [
      { signIn: { domainPrefix } },
      '`controlPlane.signIn.domainPrefix` must not contain "aws", "amazon" or "cognito"',
    ]),
    ...['http://console.example.com/callback', 'http://localhost.example.com/', 'http://127.0.0.1/'].map(
      (callbackUrl): [Record<string, unknown>, string] => [
        { signIn: { callbackUrls: [callbackUrl] } },
        '`controlPlane.signIn.callbackUrls.0` must be https, or http on localhost',
      ],
    ),
    [
      { signIn: { callbackUrls: ['https://console.example.com/#callback'] } },
      '`controlPlane.signIn.callbackUrls.0` must have no fragment',
    ],
    [
      { signIn: { domainPrefix: 'x', samlProviders: [{ name: 'Cognito', metadataUrl: 'https://idp.example.com/' }] } },
      '`controlPlane.signIn.samlProviders.0.name` must not be "COGNITO"',
    ],
    [
      { oidcIssuers: [{ issuer: 'http://login.example.com', audiences: ['a'] }] },
      '`controlPlane.oidcIssuers.0.issuer` must be an https URL',
    ],
    [
      { dataPlanes: everyControlPlaneSetting.dataPlanes, regions: ['eu-central-1'] },
      '`controlPlane.dataPlanes` must each be in a region of its own, and not in one of `regions`',
    ],
    [
      { dataPlanes: everyControlPlaneSetting.dataPlanes, regions: ['us-east-1', 'eu-central-1'] },
      '`controlPlane.dataPlanes` must each be in a region of its own, and not in one of `regions`',
    ],
    [
      {
        dataPlanes: everyControlPlaneSetting.dataPlanes,
        regions: ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
      },
      '`regions` and `controlPlane.dataPlanes` must be 4 at most together',
    ],
    [
      { dataPlanes: [...everyControlPlaneSetting.dataPlanes, ...everyControlPlaneSetting.dataPlanes] },
      '`controlPlane.dataPlanes` must each be in a region of its own',
    ],
  ])(
    'refuses a control plane of %j',
    ({ regions = ['us-east-1'], ...controlPlane }: Record<string, unknown>, message) => {
      const parse = () => parseDeploymentConfig({ regions, controlPlane });

      expect(parse).toThrow(message);
    },
  );

  it.each(['https://console.example.com/callback', 'http://localhost:8788/callback', 'gatehouse://callback'])(
    'lets the sign-in pages send people back to %s',
    (callbackUrl) => {
      const { controlPlane } = parseDeploymentConfig({ controlPlane: { signIn: { callbackUrls: [callbackUrl] } } });

      expect(controlPlane).toMatchObject({ signIn: { callbackUrls: [callbackUrl] } });
    },
  );

  it('takes exactly the issuers that the sign-in of the admin API takes', () => {
    const issuers = everyControlPlaneSetting.oidcIssuers;

    const accepted = parseOidcSettings(JSON.stringify(issuers));

    expect(accepted).toEqual(issuers);
    expect(Object.keys(issuers[0]).toSorted()).toEqual(Object.keys(issuerMembers).toSorted());
  });

  it('names every fault at once', () => {
    const parse = () => parseDeploymentConfig({ edge: 'akamai', recoveryPeriodInDays: 1 });

    expect(parse).toThrow(/`edge` .*; `recoveryPeriodInDays` /);
  });
});

describe('loadDeploymentConfig', () => {
  it.each([
    ['nothing', () => ({}), ['us-east-1']],
    ['an object in context', () => ({ gatehouse: { regions: ['eu-west-1'] } }), ['eu-west-1']],
    ['JSON on the command line', () => ({ gatehouse: '{"regions":["eu-west-2"]}' }), ['eu-west-2']],
    ['a file named in context', () => ({ config: settingsFile('{"regions":["eu-west-3"]}') }), ['eu-west-3']],
  ])('reads %s', (_source, context, regions) => {
    const config = load(context());

    expect(config.regions).toEqual(regions);
  });

  it.each([
    [{ gatehouse: '{regions' }, 'deployment settings must be JSON, got something else in: context `gatehouse`'],
    [{ config: 'missing.json' }, 'context `config` must name a readable file, got: missing.json'],
  ])('refuses %j', (context, message) => {
    const read = () => load(context);

    expect(read).toThrow(message);
  });
});
