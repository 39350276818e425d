import { expect } from 'vitest';
import { type Claims, type Resource, resourcesOfType, templateOf, type Variant } from './variant.ts';

function only(variant: Variant, type: string): Resource['Properties'] {
  const [resource, ...others] = resourcesOfType(templateOf(variant, 'Gatehouse-DataPlane-eu-west-1'), type);
  if (resource === undefined || others.length > 0) throw new Error(`expected one ${type}`);
  return resource.Properties;
}

export const hardened: Claims = {
  'has API Gateway ask CloudFront for a certificate, on a host name of its own': (variant) => {
    expect(only(variant, 'AWS::ApiGateway::DomainName')).toMatchObject({
      DomainName: 'origin.ai.example.com',
      SecurityPolicy: expect.stringMatching(/^(TLS_1_2|SecurityPolicy_TLS13_)/),
      MutualTlsAuthentication: { TruststoreUri: 's3://example-truststores/gatehouse.pem' },
    });
  },
  'closes the API’s own address, which asks nobody for a certificate': (variant) => {
    expect(only(variant, 'AWS::ApiGateway::RestApi')).toMatchObject({ DisableExecuteApiEndpoint: true });
  },
  'has CloudFront show its certificate and the secret header to that host name': (variant) => {
    const { DistributionConfig } = only(variant, 'AWS::CloudFront::Distribution');
    expect(DistributionConfig).toMatchObject({
      Aliases: ['ai.example.com'],
      Origins: [
        {
          DomainName: 'origin.ai.example.com',
          CustomOriginConfig: { OriginMtlsConfig: { ClientCertificateArn: expect.stringContaining(':us-east-1:') } },
          OriginCustomHeaders: [{ HeaderName: 'x-gateway-origin-verify' }],
        },
      ],
    });
  },
  'keeps tenants in execution environments of their own, by what the authorizer found and no header': (variant) => {
    const template = templateOf(variant, 'Gatehouse-DataPlane-eu-west-1');
    const isolated = resourcesOfType(template, 'AWS::Lambda::Function').filter(({ Properties }) =>
      JSON.stringify(Properties['TenancyConfig'] ?? '').includes('PER_TENANT'),
    );
    const methods = resourcesOfType(template, 'AWS::ApiGateway::Method').filter(
      ({ Properties }) => Properties['HttpMethod'] === 'ANY',
    );
    expect(isolated).toHaveLength(1);
    expect(methods.length).toBeGreaterThan(0);
    for (const { Properties } of methods) {
      expect(Properties).toMatchObject({
        AuthorizationType: 'CUSTOM',
        Integration: {
          RequestParameters: { 'integration.request.header.X-Amz-Tenant-Id': 'context.authorizer.tenantId' },
        },
      });
    }
  },
  'caches no decision of the authorizer': (variant) => {
    expect(only(variant, 'AWS::ApiGateway::Authorizer')).toMatchObject({ AuthorizerResultTtlInSeconds: 0 });
  },
  'says what the DNS record of the host name must point to': (variant) => {
    const { Outputs } = templateOf(variant, 'Gatehouse-DataPlane-eu-west-1');
    expect(Object.keys(Outputs)).toEqual(expect.arrayContaining(['MutualTlsTarget', 'MutualTlsTargetHostedZoneId']));
  },
};
