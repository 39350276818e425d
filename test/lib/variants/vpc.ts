import { expect } from 'vitest';
import { type Claims, resourcesOfType } from './variant.ts';

const subnets = ['subnet-0a1b2c3d4e5f6a7b8', 'subnet-1a1b2c3d4e5f6a7b8'];
const group = 'sg-0a1b2c3d4e5f6a7b8';

export const vpc: Claims = {
  'runs every function of both planes in the given subnets and security groups': ({ templates }) => {
    const functions = Object.values(templates).flatMap((template) =>
      resourcesOfType(template, 'AWS::Lambda::Function'),
    );
    expect(functions).toHaveLength(4);
    expect(functions.map(({ Properties }) => Properties['VpcConfig'])).toEqual(
      functions.map(() => ({ SubnetIds: subnets, SecurityGroupIds: [group] })),
    );
  },
  'makes no network of its own and looks none up': ({ templates, gatehouse }) => {
    const types = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type));
    expect(types.filter((type) => type.startsWith('AWS::EC2::'))).toEqual([]);
    expect(gatehouse.node.root.node.tryGetContext('vpc-provider')).toBeUndefined();
  },
  'lets each role make network interfaces, and its function’s own code none': ({ templates }) => {
    const policies = Object.values(templates)
      .flatMap((template) => resourcesOfType(template, 'AWS::IAM::Policy'))
      .map(({ Properties }) => JSON.stringify(Properties['PolicyDocument']))
      .filter((policy) => policy.includes('ec2:CreateNetworkInterface'));
    expect(policies).toHaveLength(4);
    for (const policy of policies) {
      expect(policy).toContain(
        '"Action":"ec2:*","Condition":{"Null":{"lambda:SourceFunctionArn":"false"}},"Effect":"Deny","Resource":"*"',
      );
      expect(policy).not.toMatch(/"Action":"ec2:\*"(?!,"Condition")/);
    }
  },
};
