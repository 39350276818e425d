import { Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { placeFunctions } from '../../../lib/compute/function-network.ts';
import { GatehouseFunction } from '../../../lib/compute/gatehouse-function.ts';
import { bundleFolder, emptyStack, identityStatements, resourcesOf } from '../synthesize.ts';

const network = { subnetIds: ['subnet-0a1b2c3d', 'subnet-4e5f6a7b'], securityGroupIds: ['sg-0a1b2c3d'] };

function newFunction(scope: Construct, id: string): GatehouseFunction {
  return new GatehouseFunction(scope, id, { codePath: bundleFolder(), description: id });
}

describe('placeFunctions', () => {
  it('reaches every function below the scope, however deep, and none beside it', () => {
    const stack = emptyStack();
    const inside = new Construct(stack, 'Inside');
    newFunction(new Construct(inside, 'Deep'), 'One');
    newFunction(inside, 'Two');
    newFunction(stack, 'Beside');

    placeFunctions(inside, network);

    const functions = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::Lambda::Function'));
    expect(
      Object.fromEntries(functions.map(({ Properties }) => [Properties['Description'], Properties['VpcConfig']])),
    ).toEqual({
      One: { SubnetIds: network.subnetIds, SecurityGroupIds: network.securityGroupIds },
      Two: { SubnetIds: network.subnetIds, SecurityGroupIds: network.securityGroupIds },
      Beside: undefined,
    });
  });

  it('lets the role make interfaces in these subnets and groups only', () => {
    const stack = emptyStack();
    newFunction(stack, 'Function');

    placeFunctions(stack, network);

    const creating = identityStatements(Template.fromStack(stack)).filter(
      ({ effect, actions }) => effect === 'Allow' && actions.includes('ec2:CreateNetworkInterface'),
    );
    const kinds = creating.flatMap(({ resources }) =>
      resources.map((one) => /:([\w-]+\/[\w*-]+)"/.exec(one)?.[1] ?? one),
    );
    expect(creating).toHaveLength(1);
    expect(kinds.toSorted()).toEqual([
      'network-interface/*',
      'security-group/sg-0a1b2c3d',
      'subnet/subnet-0a1b2c3d',
      'subnet/subnet-4e5f6a7b',
    ]);
  });

  it('takes every right on the network from the code of the function itself', () => {
    const stack = emptyStack();
    newFunction(stack, 'Function');

    placeFunctions(stack, network);

    const denied = identityStatements(Template.fromStack(stack)).filter(({ effect }) => effect === 'Deny');
    expect(denied.map(({ statement }) => statement)).toEqual([
      {
        Effect: 'Deny',
        Action: 'ec2:*',
        Resource: '*',
        Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
      },
    ]);
  });

  it('allows no action on the network beyond those that Lambda needs', () => {
    const stack = emptyStack();
    newFunction(stack, 'Function');

    placeFunctions(stack, network);

    const allowed = identityStatements(Template.fromStack(stack)).filter(({ effect }) => effect === 'Allow');
    expect(allowed.flatMap(({ actions }) => actions.filter((action) => action.startsWith('ec2:'))).toSorted()).toEqual([
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ]);
  });

  it('makes a new version of a function that is moved, for its alias to go to', () => {
    const versionOf = (place: boolean) => {
      const stack = emptyStack();
      const { version } = newFunction(stack, 'Function').function.currentVersion;
      if (place) placeFunctions(stack, network);
      return [version, ...Object.keys(resourcesOf(Template.fromStack(stack), 'AWS::Lambda::Version'))].at(-1);
    };

    const [before, after] = [versionOf(false), versionOf(true)];

    expect(after).not.toBe(before);
  });
});
