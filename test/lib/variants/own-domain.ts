import { expect } from 'vitest';
import { type Claims, resourcesOfType, templateOf } from './variant.ts';

const stack = 'Gatehouse-DataPlane-eu-west-1';

export const ownDomain: Claims = {
  'serves the host name with the given certificate, by TLS 1.2 at least': (variant) => {
    const [distribution] = resourcesOfType(templateOf(variant, stack), 'AWS::CloudFront::Distribution');
    expect(distribution?.Properties['DistributionConfig']).toMatchObject({
      Aliases: ['ai.example.com'],
      ViewerCertificate: {
        AcmCertificateArn: expect.stringMatching(/^arn:aws:acm:us-east-1:/),
        MinimumProtocolVersion: expect.stringMatching(/^TLSv1\.[23]/),
        SslSupportMethod: 'sni-only',
      },
    });
  },
  'tells callers and the control plane that name': (variant) => {
    expect(templateOf(variant, stack).Outputs['ProxyUrl']?.Value).toBe('https://ai.example.com');
    expect(JSON.stringify(templateOf(variant, 'Gatehouse-ControlPlane'))).toContain('https://ai.example.com');
  },
};
