import { readFileSync } from 'node:fs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import * as z from 'zod';
import { networkSettings } from './compute/network-settings.ts';
import { releaseSetting } from './compute/release-setting.ts';
import { controlPlaneSettings } from './control-plane/control-plane-settings.ts';
import { bedrockSetting } from './data-plane/bedrock-settings.ts';
import { originSettings, refuseOriginContradictions } from './data-plane/origin-settings.ts';
import { countrySettings } from './edge/country-rule.ts';
import { monitoringSettings, sendsTracesInTheClear } from './observability/monitoring-settings.ts';
import { existingSettings, regionsOfExisting } from './storage/existing-settings.ts';

const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region such as eu-west-1');

/** CloudWatch takes only certain numbers of days; this enum of CDK lists them. "Forever" is not a retention. */
const logRetentionDays = z
  .enum(RetentionDays)
  .refine((days) => days !== RetentionDays.INFINITE, 'must be a number of days that CloudWatch Logs offers');

/** All of them are in the environment of the control plane's functions: `lib/control-plane/control-plane.ts`. */
const mostManagedDataPlanes = 4;

/** Everything an operator decides at deploy time. A bare `{}` is a complete configuration. */
const settingsSchema = z.strictObject({
  /** One data plane in each. The first is the home region. */
  regions: z
    .array(region)
    .min(1)
    .refine((regions) => new Set(regions).size === regions.length, 'must not name a region twice')
    .default(['us-east-1']),
  /** `none` leaves CloudFront and the web ACL out: for emulators, and behind a CDN of one's own. */
  edge: z.enum(['cloudfront', 'none']).default('cloudfront'),
  /** `managed` makes one; an ARN brings an existing one of scope CLOUDFRONT. */
  webAcl: z
    .string()
    .regex(
      /^(managed|none|arn:[^:]+:wafv2:us-east-1:\d{12}:global\/webacl\/.+)$/,
      'must be "managed", "none" or the ARN of a web ACL of scope CLOUDFRONT',
    )
    .default('managed'),
  /** Requests per five minutes at which the managed web ACL answers 429. */
  floodLimits: z
    .strictObject({
      rateLimitPerAddress: z.int().min(10).default(10_000),
      rateLimitPerAuthorization: z.int().min(10).default(10_000),
    })
    .prefault({}),
  /** Countries that the managed web ACL lets in, or those it does not; left out, there is no such rule. */
  countries: countrySettings.exactOptional(),
  domainNames: z.array(z.hostname()).default([]),
  /** ACM certificate for `domainNames`, in us-east-1. */
  certificateArn: z
    .string()
    .regex(/^arn:[^:]+:acm:us-east-1:\d{12}:certificate\/.+$/, 'must be the ARN of an ACM certificate in us-east-1')
    .exactOptional(),
  /** Version id of the origin secret that CloudFront sends; set to finish a rotation. */
  originSecretVersion: z.string().min(32).max(64).exactOptional(),
  proxy: z
    .strictObject({
      memorySize: z.int().min(128).max(10_240).default(512),
      reservedConcurrentExecutions: z.int().min(1).exactOptional(),
      provisionedConcurrentExecutions: z.int().min(0).default(0),
      /** Roles in other accounts that credentials of the kind `aws-role` name. */
      assumableRoleArns: z
        .array(z.string().regex(/^arn:[^:]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of a role'))
        .default([]),
    })
    .prefault({}),
  /** Models of Amazon Bedrock that the proxy calls by its own role: `all`, or ids and ARNs of models and inference profiles. */
  bedrock: bedrockSetting,
  /** `origin`, `mutualTls`, `tenantIsolation`, `throttling`. */
  ...originSettings,
  /** False where the account's role for API Gateway logs is managed elsewhere. */
  apiGatewayLogRole: z.boolean().default(true),
  logRetentionDays: logRetentionDays.default(RetentionDays.ONE_MONTH),
  recoveryPeriodInDays: z.int().min(7).max(35).default(7),
  /** `destroy` lets `cdk destroy` take tables and keys along: for sandboxes. */
  dataProtection: z.enum(['retain', 'destroy']).default('retain'),
  /** How new versions of the proxy and admin functions take over. */
  release: releaseSetting,
  /** Alarms, who hears of them, dashboards, traces. */
  monitoring: monitoringSettings.prefault({}),
  /** Subnets for every function. Without it they run in Lambda's own network, which reaches AWS and providers. */
  vpc: networkSettings.exactOptional(),
  /** Tables and keys that are there already, in place of new ones. */
  existing: existingSettings.exactOptional(),
  /** False leaves the control plane out: policy is then published by other means. */
  controlPlane: z.union([z.literal(false), controlPlaneSettings]).prefault({}),
});

/** The settings as a whole. `docs/operations.md` describes each, which a test holds. */
export const deploymentConfigSchema = settingsSchema
  .superRefine(refuseOriginContradictions)
  .refine(({ countries, edge, webAcl }) => countries === undefined || (edge === 'cloudfront' && webAcl === 'managed'), {
    path: ['countries'],
    message: 'are a rule of the managed web ACL, which this deployment does not have',
  })
  .refine(
    ({ domainNames, regions }) => domainNames.length === 0 || regions.length === 1,
    // CloudFront accepts a host name on one distribution only.
    { path: ['domainNames'], message: 'can be served by one region only, name them in a deployment of their own' },
  )
  .refine(
    ({ controlPlane, regions }) => {
      const all = [...regions, ...regionsOfOtherDataPlanes(controlPlane)];
      return new Set(all).size === all.length;
    },
    {
      path: ['controlPlane', 'dataPlanes'],
      message: 'must each be in a region of its own, and not in one of `regions`',
    },
  )
  .refine(
    ({ controlPlane, regions }) =>
      controlPlane === false || regions.length + controlPlane.dataPlanes.length <= mostManagedDataPlanes,
    { path: ['regions'], message: `and \`controlPlane.dataPlanes\` must be ${mostManagedDataPlanes} at most together` },
  )
  .refine(
    ({ monitoring: { alarmTopicArn }, regions: [home, ...others] }) =>
      alarmTopicArn === undefined || (others.length === 0 && alarmTopicArn.split(':')[3] === home),
    // Alarms reach topics of their own region only.
    { path: ['monitoring', 'alarmTopicArn'], message: 'must be in the one region of the deployment' },
  )
  .refine(({ monitoring, vpc }) => vpc !== undefined || !sendsTracesInTheClear(monitoring), {
    path: ['monitoring', 'traces', 'endpoint'],
    message: 'must be https, or a loopback address: only functions in a `vpc` have a network of their own',
  })
  .refine(({ vpc, regions }) => vpc === undefined || regions.length === 1, {
    path: ['vpc'],
    message: 'belongs to one region, deploy others on their own',
  })
  .refine(({ existing, regions }) => existing === undefined || regions.length === 1, {
    path: ['existing'],
    message: 'belongs to one region, deploy others on their own',
  })
  .refine(
    ({ existing, regions: [home] }) =>
      existing === undefined || regionsOfExisting(existing).every((name) => name === home),
    { path: ['existing'], message: 'must name keys and streams of the region of the deployment' },
  )
  .refine(
    ({ existing, controlPlane }) =>
      controlPlane !== false ||
      existing === undefined ||
      [existing.controlTableKeyArn, existing.tables.control, existing.tables.audit].every((one) => one === undefined),
    { path: ['existing'], message: 'must not name what belongs to a control plane when `controlPlane` is false' },
  );

function regionsOfOtherDataPlanes(controlPlane: z.infer<typeof settingsSchema>['controlPlane']): string[] {
  return controlPlane === false
    ? []
    : controlPlane.dataPlanes.flatMap(({ vaultKeyArn }) => vaultKeyArn.split(':')[3] ?? []);
}

export type DeploymentConfig = z.infer<typeof deploymentConfigSchema>;
/** What an operator writes: every member may be left out. */
export type DeploymentSettings = z.input<typeof deploymentConfigSchema>;

/**
 * Fills in what the operator left out.
 *
 * @throws when a setting is unknown or out of range, naming each.
 */
export function parseDeploymentConfig(settings: unknown): DeploymentConfig {
  const result = deploymentConfigSchema.safeParse(settings);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => describeFault(issue, []));
  throw new Error(`invalid deployment settings: ${faults.join('; ')}`);
}

/** Where a setting may be false or an object, whoever wrote neither is told what is wrong with the object. */
function describeFault(issue: z.core.$ZodIssue, parents: readonly PropertyKey[]): string[] {
  const path = [...parents, ...issue.path];
  const inner = issue.code === 'invalid_union' ? (issue.errors.at(-1) ?? []) : [];
  if (inner.length > 0) return inner.flatMap((cause) => describeFault(cause, path));
  return [path.length === 0 ? issue.message : `\`${path.join('.')}\` ${issue.message}`];
}

/**
 * Settings of this synth: the JSON file named by context `config` (`-c config=gatehouse.json`), else context `gatehouse`, which is
 * an object in cdk.json or JSON on the command line, else nothing but defaults.
 */
export function loadDeploymentConfig(node: Node): DeploymentConfig {
  const path: unknown = node.tryGetContext('config');
  if (typeof path === 'string') return parseDeploymentConfig(parseJson(readSettings(path), path));
  const settings: unknown = node.tryGetContext('gatehouse') ?? {};
  return parseDeploymentConfig(typeof settings === 'string' ? parseJson(settings, 'context `gatehouse`') : settings);
}

function readSettings(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`context \`config\` must name a readable file, got: ${path}`, { cause });
  }
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`deployment settings must be JSON, got something else in: ${source}`, { cause });
  }
}
