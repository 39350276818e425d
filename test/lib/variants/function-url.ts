import { expect } from 'vitest';
import { publicFunctions } from './house-rules.ts';
import { type Claims, resourcesOfType, templateOf } from './variant.ts';

const stack = 'Gatehouse-DataPlane-us-east-1';

export const functionUrl: Claims = {
  'serves streams from a function URL on the alias, without API Gateway': (variant) => {
    const template = templateOf(variant, stack);
    expect(resourcesOfType(template, 'AWS::Lambda::Url').map(({ Properties }) => Properties)).toMatchObject([
      { AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM', Qualifier: 'live' },
    ]);
    expect(Object.values(template.Resources).filter(({ Type }) => Type.startsWith('AWS::ApiGateway::'))).toEqual([]);
  },
  'opens to the public that function URL and nothing else': (variant) => {
    const open = publicFunctions(variant);
    expect(open.filter((id) => !/\/DataPlane(FunctionUrl|ProxyLive)/.test(id))).toEqual([]);
    expect(open).toHaveLength(3);
  },
  'lets nobody in who does not know the header that CloudFront adds': (variant) => {
    const template = templateOf(variant, stack);
    const [distribution] = resourcesOfType(template, 'AWS::CloudFront::Distribution');
    expect(JSON.stringify(distribution?.Properties)).toMatch(
      /"HeaderName":"x-gateway-origin-verify","HeaderValue":\{"Fn::Join":\["",\["\{\{resolve:secretsmanager:/,
    );
    const proxy = Object.entries(template.Resources).find(([id]) => /^DataPlaneProxy[0-9A-F]{8}$/.test(id));
    expect(JSON.stringify(proxy)).toContain('ORIGIN_SECRET_ARN');
  },
};
