import { Match, Template } from 'aws-cdk-lib/assertions';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { PriceClass } from 'aws-cdk-lib/aws-cloudfront';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { EdgeDistribution } from '../../../lib/edge/edge-distribution.ts';
import type { EdgeDistributionOptions } from '../../../lib/edge/edge-distribution.ts';
import { restApiOrigin } from '../../../lib/edge/edge-origin.ts';
import type { EdgeOriginOptions } from '../../../lib/edge/edge-origin.ts';
import { viewerRequestCode } from '../../../lib/edge/viewer-request.ts';
import { emptyStack, onlyResource } from '../synthesize.ts';

function synthesizeEdge(options: EdgeDistributionOptions & EdgeOriginOptions = {}): Template {
  const stack = emptyStack();
  const api = new RestApi(stack, 'Api');
  api.root.addMethod('ANY');
  const origin = restApiOrigin(api, { ...options, originSecret: new Secret(stack, 'Origin') as ISecret });
  new EdgeDistribution(stack, 'Edge', { ...options, origin });
  return Template.fromStack(stack);
}

function distributionOf(template: Template): unknown {
  return onlyResource(template, 'AWS::CloudFront::Distribution').Properties['DistributionConfig'];
}

function certificate(): Certificate {
  const arn = 'arn:aws:acm:us-east-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab';
  return Certificate.fromCertificateArn(emptyStack(), 'Certificate', arn) as Certificate;
}

describe('EdgeDistribution', () => {
  it('passes every method on uncached, uncompressed and over HTTPS only', () => {
    const template = synthesizeEdge();

    expect(distributionOf(template)).toMatchObject({
      HttpVersion: 'http2and3',
      PriceClass: 'PriceClass_All',
      DefaultCacheBehavior: {
        ViewerProtocolPolicy: 'https-only',
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
        Compress: false,
        // Managed-CachingDisabled and Managed-AllViewerExceptHostHeader.
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      },
    });
  });

  it('waits 60 s for a silent origin and 15 minutes for a whole answer', () => {
    const template = synthesizeEdge();

    expect(distributionOf(template)).toMatchObject({
      Origins: [
        {
          ResponseCompletionTimeout: 900,
          CustomOriginConfig: {
            OriginProtocolPolicy: 'https-only',
            OriginSSLProtocols: ['TLSv1.2'],
            OriginReadTimeout: 60,
            OriginKeepaliveTimeout: 60,
          },
        },
      ],
    });
  });

  it.each([
    ['the current version', {}, ':SecretString:current::}}'],
    ['a version chosen to finish a rotation', { originSecretVersion: 'a1b2' }, ':SecretString:current::a1b2}}'],
  ])('shows the origin a secret that is a dynamic reference to %s', (_case, options, tail) => {
    const template = synthesizeEdge(options);

    expect(distributionOf(template)).toMatchObject({
      Origins: [
        {
          OriginCustomHeaders: [
            {
              HeaderName: 'x-gateway-origin-verify',
              HeaderValue: {
                'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: expect.stringMatching(/^Origin/) }, tail]],
              },
            },
          ],
        },
      ],
    });
  });

  it('runs its function on each viewer request', () => {
    const template = synthesizeEdge();

    template.hasResourceProperties('AWS::CloudFront::Function', {
      FunctionCode: viewerRequestCode,
      FunctionConfig: Match.objectLike({ Runtime: 'cloudfront-js-2.0' }),
    });
    expect(distributionOf(template)).toHaveProperty('DefaultCacheBehavior.FunctionAssociations', [
      { EventType: 'viewer-request', FunctionARN: expect.anything() },
    ]);
  });

  it('tells viewers to stay on HTTPS for a year, and browsers to do nothing with what they get', () => {
    const template = synthesizeEdge();

    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: {
          StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, IncludeSubdomains: true, Override: true },
          ContentTypeOptions: { Override: true },
          ContentSecurityPolicy: {
            ContentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
            Override: true,
          },
          FrameOptions: { FrameOption: 'DENY', Override: true },
          ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
        },
      },
    });
  });

  it('answers for its own host names with TLS 1.2 or later', () => {
    const template = synthesizeEdge({ domainNames: ['ai.example.com'], certificate: certificate() });

    expect(distributionOf(template)).toMatchObject({
      Aliases: ['ai.example.com'],
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
    });
  });

  it('takes a web ACL and a price class', () => {
    const webAclArn = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/ours/1234abcd';

    const template = synthesizeEdge({ webAclArn, priceClass: PriceClass.PRICE_CLASS_100 });

    expect(distributionOf(template)).toMatchObject({ WebACLId: webAclArn, PriceClass: 'PriceClass_100' });
  });

  it('keeps no access logs unless it is given a bucket', () => {
    const template = synthesizeEdge();

    expect(distributionOf(template)).not.toHaveProperty('Logging');
  });

  it.each([
    [{ domainNames: ['ai.example.com'] }, '`certificate` is required with `domainNames`, got: ai.example.com'],
    [{ certificate: certificate() }, '`certificate` has no effect without `domainNames`, name the hosts it is for'],
  ])('refuses half a domain', (options, message) => {
    const build = () => synthesizeEdge(options);

    expect(build).toThrow(message);
  });
});
