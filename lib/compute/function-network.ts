import { Stack, Token, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { GatehouseFunction } from './gatehouse-function.ts';

/** Subnets and security groups are all that Lambda takes; it finds the VPC and its zones by them, and so does nothing at synth. */
export interface FunctionNetwork {
  /** Private subnets of one VPC, in two zones or more. */
  readonly subnetIds: readonly string[];

  /** Security groups of the functions' network interfaces. They are used as they are. */
  readonly securityGroupIds: readonly string[];
}

/**
 * Puts every function below the scope into the subnets, those that a later version adds included. What the network must let through
 * is in `docs/variants.md`.
 *
 * @example
 *
 *    placeFunctions(dataPlane, { subnetIds: ['subnet-0a1b2c3d', 'subnet-4e5f6a7b'], securityGroupIds: ['sg-0a1b2c3d'] });
 */
export function placeFunctions(scope: IConstruct, network: FunctionNetwork): void {
  for (const construct of scope.node.findAll()) {
    if (!(construct instanceof GatehouseFunction)) continue;
    const resource = construct.function.node.defaultChild;
    if (!(resource instanceof CfnFunction)) throw new Error(`no function in ${construct.node.path}`);
    resource.vpcConfig = { subnetIds: [...network.subnetIds], securityGroupIds: [...network.securityGroupIds] };
    grantNetworkInterfaces(construct.role, network);
  }
}

/**
 * Lambda makes the interfaces in the name of the function's role, so the role must have these rights; calls of the function's own code
 * carry its ARN, and are refused. Lambda refuses a function whose role may delete only some interfaces, and EC2 lists by nothing but
 * everything.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
function grantNetworkInterfaces(role: Role, { subnetIds, securityGroupIds }: FunctionNetwork): void {
  const { partition, region, account } = Stack.of(role);
  const prefix = `arn:${partition}:ec2:${region}:${account}`;
  role.addToPolicy(
    new PolicyStatement({
      actions: ['ec2:CreateNetworkInterface'],
      resources: [
        `${prefix}:network-interface/*`,
        ...subnetIds.map((id) => `${prefix}:subnet/${id}`),
        ...securityGroupIds.map((id) => `${prefix}:security-group/${id}`),
      ],
    }),
  );
  role.addToPolicy(new PolicyStatement({ actions: changes, resources: [`${prefix}:*/*`] }));
  role.addToPolicy(new PolicyStatement({ actions: lists, resources: ['*'] }));
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: ['ec2:*'],
      resources: ['*'],
      // The function's ARN as value would make the role's policy wait for the function, which waits for the policy.
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    }),
  );
  acknowledgeWildcards(role);
}

const changes = ['ec2:AssignPrivateIpAddresses', 'ec2:DeleteNetworkInterface', 'ec2:UnassignPrivateIpAddresses'];
const lists = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

function acknowledgeWildcards(role: Role): void {
  const { partition, region, account } = Stack.of(role);
  const named = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
  const prefix = `arn:${named(partition, 'Partition')}:ec2:${named(region, 'Region')}:${named(account, 'AccountId')}`;
  Validations.of(role).acknowledge(
    {
      id: `AwsSolutions-IAM5[Resource::${prefix}:network-interface/*]`,
      reason:
        'An interface has no id before it is made; the subnets and the security groups it may be made in are named.',
    },
    {
      id: `AwsSolutions-IAM5[Resource::${prefix}:*/*]`,
      reason:
        'Lambda does not connect a function whose role may delete some interfaces only, and their ids are not known before; a Deny refuses these calls to the code of the function.',
    },
    {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'EC2 knows no narrower resource for Describe actions; a Deny refuses them to the code of the function, so that only Lambda itself can make them.',
    },
  );
}
