import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { loadDeploymentConfig, parseDeploymentConfig } from '../../lib/deployment-config.ts';

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
      proxy: { memorySize: 512, provisionedConcurrentExecutions: 0 },
      throttling: { throttlingRateLimit: 1000, throttlingBurstLimit: 2000 },
      apiGatewayLogRole: true,
      logRetentionDays: 30,
      recoveryPeriodInDays: 7,
      dataProtection: 'retain',
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
    [{ webACL: 'none' }, 'invalid deployment settings: Unrecognized key: "webACL"'],
    [
      { domainNames: ['a.example.com'], regions: ['eu-west-1', 'us-east-1'] },
      '`domainNames` can be served by one region',
    ],
  ])('refuses %j', (settings, message) => {
    const parse = () => parseDeploymentConfig(settings);

    expect(parse).toThrow('invalid deployment settings: ');
    expect(parse).toThrow(message);
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
