import { expect } from 'vitest';
import { type Claims, resourcesOfType, templateOf } from './variant.ts';

export const homeOutsideUsEast1: Claims = {
  'puts both planes into the home region and only the web ACL of the edge into us-east-1': ({ gatehouse }) => {
    expect(gatehouse.edge?.region).toBe('us-east-1');
    expect(gatehouse.dataPlanes.map(({ region }) => region)).toEqual(['eu-central-1']);
    expect(gatehouse.controlPlane?.region).toBe('eu-central-1');
  },
  'reads the ARN of the web ACL from the output of the other stack': (variant) => {
    const edge = templateOf(variant, 'Gatehouse-Edge');
    const [distribution] = resourcesOfType(
      templateOf(variant, 'Gatehouse-DataPlane-eu-central-1'),
      'AWS::CloudFront::Distribution',
    );
    expect(distribution?.Properties['DistributionConfig']).toMatchObject({
      WebACLId: {
        'Fn::GetStackOutput': {
          StackName: 'Gatehouse-Edge',
          Region: 'us-east-1',
          OutputName: Object.keys(edge.Outputs)[0],
        },
      },
    });
  },
  'needs no custom resource to cross regions': ({ templates }) => {
    const types = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type));
    expect(types.filter((type) => /^Custom::|CustomResource/.test(type))).toEqual([]);
  },
};
