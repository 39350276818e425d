import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { Function, FunctionUrl } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { functionUrlOrigin, mutualTlsOrigin, restApiOrigin } from '../../../lib/edge/edge-origin.ts';
import type { EdgeOriginProps } from '../../../lib/edge/edge-origin.ts';
import { emptyStack, onlyResource } from '../synthesize.ts';

const clientCertificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/1234abcd-12ab';

const origins: Readonly<Record<string, (stack: Stack, props: EdgeOriginProps) => IOrigin>> = {
  'a REST API': (stack, props) => {
    const api = new RestApi(stack, 'Api');
    api.root.addMethod('ANY');
    return restApiOrigin(api, props);
  },
  'a function URL': (stack, props) => {
    const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:proxy';
    const handler = Function.fromFunctionAttributes(stack, 'Handler', { functionArn, sameEnvironment: true });
    return functionUrlOrigin(new FunctionUrl(stack, 'Url', { function: handler }), props);
  },
  'a domain with mutual TLS': (_stack, props) => mutualTlsOrigin('origin.example.com', clientCertificateArn, props),
};

function originOf(kind: string, originSecretVersion?: string): unknown {
  const stack = emptyStack();
  const originSecret = new Secret(stack, 'Origin') as ISecret;
  const props = { originSecret, ...(originSecretVersion !== undefined && { originSecretVersion }) };
  new Distribution(stack, 'Edge', { defaultBehavior: { origin: origins[kind]!(stack, props) } });
  const { Properties } = onlyResource(Template.fromStack(stack), 'AWS::CloudFront::Distribution');
  const { Origins } = Properties['DistributionConfig'] as { Origins: unknown[] };
  expect(Origins).toHaveLength(1);
  return Origins[0];
}

describe.each(Object.keys(origins))('%s as an origin', (kind) => {
  it('is given 60 s of silence and 15 minutes for a whole answer, over TLS 1.2', () => {
    const origin = originOf(kind);

    expect(origin).toMatchObject({
      ResponseCompletionTimeout: 900,
      CustomOriginConfig: {
        OriginProtocolPolicy: 'https-only',
        OriginSSLProtocols: ['TLSv1.2'],
        OriginReadTimeout: 60,
        OriginKeepaliveTimeout: 60,
      },
    });
  });

  it.each([
    ['the current version', undefined, ':SecretString:current::}}'],
    ['a version chosen to finish a rotation', 'a1b2', ':SecretString:current::a1b2}}'],
  ])('is shown a secret that is a dynamic reference to %s', (_case, version, tail) => {
    const origin = originOf(kind, version);

    expect(origin).toMatchObject({
      OriginCustomHeaders: [
        {
          HeaderName: 'x-gateway-origin-verify',
          HeaderValue: {
            'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: expect.stringMatching(/^Origin/) }, tail]],
          },
        },
      ],
    });
  });
});

describe('the certificate CloudFront shows', () => {
  it('is shown to a domain with mutual TLS', () => {
    const origin = originOf('a domain with mutual TLS');

    expect(origin).toMatchObject({
      DomainName: 'origin.example.com',
      CustomOriginConfig: { OriginMtlsConfig: { ClientCertificateArn: clientCertificateArn } },
    });
  });

  it.each(['a REST API', 'a function URL'])('is not shown to %s', (kind) => {
    const origin = originOf(kind);

    expect(JSON.stringify(origin)).not.toContain('Mtls');
  });
});
