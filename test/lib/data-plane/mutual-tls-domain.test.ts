import { Template } from 'aws-cdk-lib/assertions';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { describe, expect, it } from 'vitest';
import { MutualTlsDomain } from '../../../lib/data-plane/mutual-tls-domain.ts';
import type { MutualTlsDomainOptions } from '../../../lib/data-plane/mutual-tls-domain.ts';
import { emptyStack, onlyResource } from '../synthesize.ts';

const options: MutualTlsDomainOptions = {
  domainName: 'origin.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab',
  truststoreUri: 's3://certificates/folder/truststore.pem',
};

function synthesizeDomain(changes: Partial<MutualTlsDomainOptions> = {}) {
  const stack = emptyStack();
  const api = new RestApi(stack, 'Api');
  api.root.addMethod('ANY');
  const domain = new MutualTlsDomain(stack, 'MutualTls', { ...options, ...changes, api });
  const target = stack.resolve([domain.target, domain.targetHostedZoneId]) as unknown;
  return { target, template: Template.fromStack(stack) };
}

describe('MutualTlsDomain', () => {
  it('asks clients for a certificate of the truststore, over TLS 1.2 or later, in one region', () => {
    const { template } = synthesizeDomain({ truststoreVersion: 'v7' });

    const { Properties } = onlyResource(template, 'AWS::ApiGateway::DomainName');

    expect(Properties).toEqual({
      DomainName: 'origin.example.com',
      RegionalCertificateArn: options.certificateArn,
      EndpointConfiguration: { Types: ['REGIONAL'] },
      SecurityPolicy: 'TLS_1_2',
      MutualTlsAuthentication: { TruststoreUri: options.truststoreUri, TruststoreVersion: 'v7' },
    });
  });

  it('leaves the version of the truststore to API Gateway unless it is given', () => {
    const { template } = synthesizeDomain();

    const { Properties } = onlyResource(template, 'AWS::ApiGateway::DomainName');

    expect(Properties['MutualTlsAuthentication']).toEqual({ TruststoreUri: options.truststoreUri });
  });

  it('answers with the live stage of the API, at its root', () => {
    const { template } = synthesizeDomain();

    const { Properties } = onlyResource(template, 'AWS::ApiGateway::BasePathMapping');

    expect(Properties).toEqual({
      DomainName: { Ref: expect.stringMatching(/^MutualTls/) },
      RestApiId: { Ref: expect.stringMatching(/^Api/) },
      Stage: { Ref: expect.stringMatching(/^ApiDeploymentStage/) },
    });
  });

  it('knows what its DNS record must point to', () => {
    const { target } = synthesizeDomain();

    expect(target).toEqual(
      ['RegionalDomainName', 'RegionalHostedZoneId'].map((name) => ({
        'Fn::GetAtt': [expect.stringMatching(/^MutualTls/), name],
      })),
    );
  });

  it.each(['https://certificates/truststore.pem', 's3://certificates', 's3://certificates/'])(
    'refuses %s as a truststore',
    (truststoreUri) => {
      const build = () => synthesizeDomain({ truststoreUri });

      expect(build).toThrow(
        `\`truststoreUri\` must be the address of an S3 object such as s3://bucket/key, got: ${truststoreUri}`,
      );
    },
  );
});
