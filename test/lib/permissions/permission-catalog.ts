import { statementsOf, resourceName, type Statement, type Templates } from './iam-evaluator.ts';
import { controlPlaneStack, dataPlaneStack, functions, logicalId, tables, templates } from './synthesized-planes.ts';

/** Names for the roles and resources of both planes, as the permission table speaks of them. */

type Place = readonly [stack: string, idPrefix: string];

const roles = {
  proxy: [dataPlaneStack, 'DataPlaneProxyRole'],
  'usage rollup': [dataPlaneStack, 'DataPlaneUsageRollupRole'],
  'data plane release': [dataPlaneStack, 'ProxyReleaseRole'],
  'API Gateway logs': [dataPlaneStack, 'DataPlaneApiCloudWatchRole'],
  admin: [controlPlaneStack, 'ControlPlaneAdminRole'],
  reconcile: [controlPlaneStack, 'ControlPlaneReconcileRole'],
  'reconcile schedule': [controlPlaneStack, 'ControlPlaneReconcileScheduleRole'],
  'control plane release': [controlPlaneStack, 'AdminReleaseRole'],
} as const satisfies Record<string, Place>;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as RoleName[];

const others = {
  'vault key': [[dataPlaneStack, 'DataPlaneVaultKey'], 'AWS::KMS::Key'],
  'table key': [[controlPlaneStack, 'ControlPlaneTablesKey'], 'AWS::KMS::Key'],
  'origin secret': [[dataPlaneStack, 'DataPlaneOriginSecret'], 'AWS::SecretsManager::Secret'],
  'bootstrap token': [[controlPlaneStack, 'ControlPlaneBootstrapToken'], 'AWS::SecretsManager::Secret'],
  'proxy log': [[dataPlaneStack, 'DataPlaneProxyLogs'], 'AWS::Logs::LogGroup'],
  'usage rollup log': [[dataPlaneStack, 'DataPlaneUsageRollupLogs'], 'AWS::Logs::LogGroup'],
  'admin log': [[controlPlaneStack, 'ControlPlaneAdminLogs'], 'AWS::Logs::LogGroup'],
  'reconcile log': [[controlPlaneStack, 'ControlPlaneReconcileLogs'], 'AWS::Logs::LogGroup'],
  'usage rollup failures': [[dataPlaneStack, 'DataPlaneUsageRollupFailures'], 'AWS::SQS::Queue'],
  'reconcile failures': [[controlPlaneStack, 'ControlPlaneReconcileFailures'], 'AWS::SQS::Queue'],
  'alarm topic': [[dataPlaneStack, 'DataPlaneMonitoringTopic'], 'AWS::SNS::Topic'],
  'proxy function': [functions.proxy, 'AWS::Lambda::Function'],
  'usage rollup function': [functions.rollup, 'AWS::Lambda::Function'],
  'admin function': [functions.admin, 'AWS::Lambda::Function'],
  'reconcile function': [functions.reconcile, 'AWS::Lambda::Function'],
} as const satisfies Record<string, readonly [Place, string]>;

type TableResource = `${keyof typeof tables} table`;
export type ResourceName = keyof typeof others | TableResource;

/** What is in no template, and stands for all of its kind. */
const ofAws = {
  'models of Amazon Bedrock': 'arn:aws:bedrock:eu-west-1::foundation-model/any',
} as const;
export type AwsResourceName = keyof typeof ofAws;

interface Located {
  readonly stack: string;
  readonly id: string;
}

const located = new Map<string, Located>([
  ...Object.entries(others).map(([name, [place, type]]): [string, Located] => [name, locate(place, type)]),
  ...Object.entries(tables).map(([name, place]): [string, Located] => [
    `${name} table`,
    locate(place, 'AWS::DynamoDB::GlobalTable'),
  ]),
]);

function locate(place: Place, type: string): Located {
  return { stack: place[0], id: logicalId(place, type) };
}

export function resourcePlace(name: ResourceName): Located {
  const place = located.get(name);
  if (place === undefined) throw new Error(`no resource is called ${name}`);
  return place;
}

export function resourceArn(name: ResourceName | AwsResourceName): string {
  if (name in ofAws) return ofAws[name as AwsResourceName];
  const { stack, id } = resourcePlace(name as ResourceName);
  return resourceName(stack, id);
}

/** What an ARN in a policy is called; what is of it, such as a stream or an alias, is said behind it. */
export function nameOfArn(arn: string): string {
  if (arn === '*') return 'everything';
  for (const [name, { stack, id }] of located) {
    const own = resourceName(stack, id);
    if (arn === own) return name;
    if (arn === `${own}/StreamArn`) return `${name}, its stream`;
    if (arn === `${own}:live`) return `${name}, its alias live`;
  }
  throw new Error(`the catalog of permissions has no name for ${arn}`);
}

export function rolePlace(name: RoleName): Located {
  return locate(roles[name], 'AWS::IAM::Role');
}

export function roleArn(name: RoleName): string {
  const { stack, id } = rolePlace(name);
  return resourceName(stack, id);
}

export function roleStatements(name: RoleName, from: Templates = templates): Statement[] {
  const { stack, id } = rolePlace(name);
  return statementsOf(from, stack, id);
}

/** Roles of the templates that have no name here. */
export function unnamedRoles(): string[] {
  const named = new Set(roleNames.map(roleArn));
  return Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources)
      .filter(([id, { Type }]) => Type === 'AWS::IAM::Role' && !named.has(resourceName(stack, id)))
      .map(([id]) => `${stack}/${id}`),
  );
}
