import { describe, expect, it } from 'vitest';
import { parseDeploymentConfig } from '../../../lib/deployment-config.ts';

const mutualTls = {
  domainName: 'origin.ai.example.com',
  certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1234abcd-12ab',
  truststoreUri: 's3://certificates/truststore.pem',
  truststoreVersion: 'v7',
  clientCertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/5678abcd-12ab',
};

describe('settings of the origin', () => {
  it('are a REST API without certificates and isolation, if left out', () => {
    const { origin, tenantIsolation, ...config } = parseDeploymentConfig({});

    expect([origin, tenantIsolation]).toEqual(['rest-api', false]);
    expect(config).not.toHaveProperty('mutualTls');
    expect(config).not.toHaveProperty('throttling');
  });

  it.each([
    { mutualTls, tenantIsolation: true, throttling: { throttlingRateLimit: 10 } },
    { origin: 'function-url' },
    { tenantIsolation: true, edge: 'none' },
  ] as const)('accept %j', (settings) => {
    const config = parseDeploymentConfig(settings);

    expect(config).toMatchObject(settings);
  });

  it.each([
    [{ origin: 'function-url', edge: 'none' }, '`origin` must be "rest-api" with `edge` "none"'],
    [{ origin: 'function-url', mutualTls }, '`origin` must be "rest-api" with `mutualTls`, '],
    [{ origin: 'function-url', tenantIsolation: true }, '`origin` must be "rest-api" with `mutualTls`, '],
    [{ origin: 'function-url', throttling: {} }, '`origin` must be "rest-api" with `mutualTls`, '],
    [{ mutualTls, edge: 'none' }, '`mutualTls` must be left out with `edge` "none"'],
    [{ mutualTls, regions: ['us-east-1', 'eu-west-1'] }, '`mutualTls` can be used with one region only'],
    [{ mutualTls, regions: ['eu-west-1'] }, '`mutualTls.certificateArn` must be in the region of the deployment'],
    [
      { tenantIsolation: true, proxy: { provisionedConcurrentExecutions: 1 } },
      '`proxy.provisionedConcurrentExecutions` must be 0 with `tenantIsolation`',
    ],
  ])('refuse what contradicts itself: %j', (settings, message) => {
    const parse = () => parseDeploymentConfig(settings);

    expect(parse).toThrow(message);
  });

  it.each([
    ['domainName', 'Origin.example.com', 'must be a full host name in lower case'],
    ['domainName', 'origin', 'must be a full host name in lower case'],
    [
      'certificateArn',
      'arn:aws:iam::111122223333:server-certificate/a',
      'must be the ARN of an ACM certificate in the',
    ],
    ['truststoreUri', 'https://certificates/truststore.pem', 'must be the address of an S3 object, s3://bucket/key'],
    ['truststoreUri', 's3://certificates', 'must be the address of an S3 object, s3://bucket/key'],
    [
      'clientCertificateArn',
      'arn:aws:acm:eu-west-1:111122223333:certificate/5678abcd-12ab',
      'must be the ARN of an ACM certificate in us-east-1',
    ],
  ])('refuse `mutualTls.%s` %s', (member, value, message) => {
    const parse = () => parseDeploymentConfig({ mutualTls: { ...mutualTls, [member]: value } });

    expect(parse).toThrow(`\`mutualTls.${member}\` ${message}`);
  });
});
