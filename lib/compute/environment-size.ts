import { CfnElement, CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

/**
 * Lambda refuses a larger environment only when the stack is deployed, and measures it as JSON.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const largestEnvironment = 4096;

/** Longer than what our environments hold: an ARN of a queue or a secret with a generated name. */
const longestAttribute = 160;

/** What CloudFormation puts behind stack name and logical id when it names a resource, with its hyphens. */
const generatedNameSuffix = 15;

const pseudoParameters: Readonly<Record<string, number>> = {
  'AWS::AccountId': 12,
  'AWS::Partition': 'aws-us-gov'.length,
  'AWS::Region': 'ap-northeast-1'.length,
  'AWS::URLSuffix': 'amazonaws.com.cn'.length,
};

/** Names and ARNs that occur often enough for a general bound to be too much, by type of resource. */
const attributeLengths: Readonly<Record<string, number>> = {
  'AWS::ApiGateway::RestApi': 10,
  'AWS::CloudFront::Distribution': 'd1234567890abcde.cloudfront.net'.length,
  'AWS::Cognito::UserPool': 'ap-northeast-1_AbCdEfGhI'.length,
  'AWS::Cognito::UserPoolClient': 26,
  'AWS::KMS::Key': 'arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'.length,
};

/** Complaint about an environment that may not fit, measured with the longest names that AWS could give. */
export function environmentComplaint(resource: CfnFunction): string | undefined {
  const stack = Stack.of(resource);
  const { variables = {} } = (stack.resolve(resource.environment) ?? {}) as { variables?: Record<string, unknown> };
  const filled = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, fill(stack, value)]));
  const bytes = Buffer.byteLength(JSON.stringify(filled));
  if (bytes <= largestEnvironment) return undefined;
  const largest = Object.entries(filled)
    .map(([name, value]) => ({ name, bytes: Buffer.byteLength(value) }))
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, 2);
  return `the environment of a function must not exceed ${largestEnvironment} bytes, got up to: ${bytes}, of which ${largest
    .map((variable) => `${variable.name} ${variable.bytes}`)
    .join(' and ')}`;
}

/** The value with a placeholder wherever CloudFormation fills something in. */
function fill(stack: Stack, value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value as Record<string, unknown>);
  switch (intrinsic) {
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map((part) => fill(stack, part)).join(separator);
    }
    case 'Ref':
      return placeholder(pseudoParameters[String(argument)] ?? attributeLength(stack, String(argument)));
    case 'Fn::GetAtt':
      return placeholder(attributeLength(stack, (argument as [string, string])[0]));
    case 'Fn::GetStackOutput': {
      const { StackName, Region, OutputName } = argument as Record<string, string>;
      const producer = find(
        stack.node.root,
        (one): one is Stack => Stack.isStack(one) && one.stackName === StackName && one.region === Region,
      );
      return producer === undefined ? placeholder(longestAttribute) : fill(producer, outputOf(producer, OutputName));
    }
    default:
      return placeholder(longestAttribute);
  }
}

function outputOf(stack: Stack, outputName: string | undefined): unknown {
  const output = find(
    stack,
    (one): one is CfnOutput => one instanceof CfnOutput && stack.resolve(one.logicalId) === outputName,
  );
  return stack.resolve(output?.value);
}

function attributeLength(stack: Stack, logicalId: string): number {
  const element = find(
    stack,
    (one): one is CfnElement => CfnElement.isCfnElement(one) && stack.resolve(one.logicalId) === logicalId,
  );
  const type = element !== undefined && CfnResource.isCfnResource(element) ? element.cfnResourceType : '';
  if (type === 'AWS::DynamoDB::GlobalTable') return stack.stackName.length + logicalId.length + generatedNameSuffix;
  return attributeLengths[type] ?? longestAttribute;
}

function find<Found extends IConstruct>(scope: IConstruct, isIt: (one: IConstruct) => one is Found): Found | undefined {
  return scope.node.findAll().find(isIt);
}

function placeholder(length: number): string {
  return 'x'.repeat(length);
}
