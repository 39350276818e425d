import { Stack, Token, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { modelNamePattern } from './bedrock-settings.ts';
import type { BedrockModels } from './bedrock-settings.ts';

/** Converse and ConverseStream have no actions of their own: they are these two. */
const invocations = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];

/** What an entry of the setting comes to. */
interface Reach {
  readonly arn: string;
  /** Of a profile, which routes to models of several regions: what it may route to. The caller needs the right to these too. */
  readonly behind?: readonly string[];
}

/**
 * Lets a role call models of Amazon Bedrock. A model behind an inference profile is reached through that profile only: the profile's
 * name says where prompts may go, and called by itself the model would answer in whatever region it is in.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html
 */
export function grantModels(role: Role, models: BedrockModels): void {
  const reaches = models === 'all' ? everything(role) : models.map((name) => reachOf(role, name));
  if (reaches.length === 0) return;
  allow(
    role,
    reaches.map(({ arn }) => arn),
  );
  for (const { arn, behind } of reaches) {
    if (behind !== undefined) allow(role, behind, { ArnLike: { 'bedrock:InferenceProfileArn': arn } });
  }
  acknowledgeWildcards(
    role,
    reaches.flatMap(({ arn, behind = [] }) => [arn, ...behind]),
  );
}

/** Of the role's own region, and what profiles of that region lead to. */
function everything(role: Role): Reach[] {
  return [
    { arn: modelArn(role, '*') },
    { arn: profileArn(role, '*'), behind: [modelArn(role, '*', '*')] },
    { arn: profileArn(role, '*', 'application-inference-profile'), behind: [modelArn(role, '*', '*')] },
  ];
}

function reachOf(role: Role, name: string): Reach {
  // A reference: most likely to a profile of the same app, and if not, a condition that is never met allows nothing.
  if (Token.isUnresolved(name)) return { arn: name, behind: [modelArn(role, '*', '*')] };
  if (!modelNamePattern.test(name)) {
    throw new Error(`\`bedrock\` must name models or inference profiles by id or ARN, got: ${name}`);
  }
  if (!name.startsWith('arn:')) {
    const geography = geographyOf(name);
    return geography === undefined
      ? { arn: modelArn(role, name) }
      : { arn: profileArn(role, name), behind: modelsBehind(role, name, geography) };
  }
  const [, , , region, , resource = ''] = name.split(':');
  if (resource.startsWith('application-inference-profile/')) {
    return { arn: name, behind: [modelArn(role, '*', '*')] };
  }
  const profile = /^arn:.*:inference-profile\/(.*)$/.exec(name)?.[1];
  const geography = profile === undefined ? undefined : geographyOf(profile);
  if (profile === undefined || geography === undefined) return { arn: name };
  return { arn: name, behind: modelsBehind(role, profile, geography, region) };
}

/** The first part of a profile's id: `global`, or where its models are. No vendor of models has a name of two letters. */
function geographyOf(name: string): string | undefined {
  return /^(global|apac|us-gov|[a-z]{2})\./.exec(name)?.[1];
}

/**
 * The regions of a geography are on AWS's list, which grows. Requests of a global profile are for a model without a region.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html
 */
function modelsBehind(role: Role, profile: string, geography: string, region?: string): string[] {
  const model = profile.slice(geography.length + 1);
  return geography === 'global'
    ? [modelArn(role, model, region), modelArn(role, model, '')]
    : [modelArn(role, model, '*')];
}

/** Of AWS, in no account. */
function modelArn(role: Role, model: string, region = Stack.of(role).region): string {
  return `arn:${Stack.of(role).partition}:bedrock:${region}::foundation-model/${model}`;
}

function profileArn(role: Role, profile: string, resource = 'inference-profile'): string {
  return Stack.of(role).formatArn({ service: 'bedrock', resource, resourceName: profile });
}

function allow(role: Role, resources: readonly string[], conditions?: Record<string, Record<string, string>>): void {
  role.addToPolicy(
    new PolicyStatement({
      actions: invocations,
      resources: [...new Set(resources)],
      ...(conditions !== undefined && { conditions }),
    }),
  );
}

function acknowledgeWildcards(role: Role, arns: readonly string[]): void {
  const { partition, region, account } = Stack.of(role);
  const names = [
    [partition, 'Partition'],
    [region, 'Region'],
    [account, 'AccountId'],
  ] as const;
  for (const arn of new Set(arns.filter((one) => one.includes('*')))) {
    const shown = names.reduce(
      (text, [value, name]) => (Token.isUnresolved(value) ? text.replaceAll(value, `<AWS::${name}>`) : text),
      arn,
    );
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${shown}]`,
      reason:
        'The operator named these models by a pattern, or a profile that routes to regions of a list that AWS keeps; in other regions than its own the role reaches a model through a named profile only, by a condition.',
    });
  }
}
