import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseDeploymentConfig } from '../../../lib/deployment-config.ts';
import { Gatehouse } from '../../../lib/gatehouse.ts';
import { bundlesFolder, featureFlags } from '../synthesize.ts';
import { parseTemplate, resourceName, type Statement, statementsOf, type Templates } from './iam-evaluator.ts';

/** Both planes of a default deployment, synthesized once, and the names of what is in them. */

export const dataPlaneStack = 'Gatehouse-DataPlane-eu-west-1';
export const controlPlaneStack = 'Gatehouse-ControlPlane';

/** Functions by the beginning of their logical id, in the stack they are in. */
export const functions = {
  proxy: [dataPlaneStack, 'DataPlaneProxy'],
  rollup: [dataPlaneStack, 'DataPlaneUsageRollup'],
  admin: [controlPlaneStack, 'ControlPlaneAdmin'],
  reconcile: [controlPlaneStack, 'ControlPlaneReconcile'],
} as const;
export type FunctionName = keyof typeof functions;

export const tables = {
  policy: [dataPlaneStack, 'DataPlanePolicyTable'],
  meter: [dataPlaneStack, 'DataPlaneMeterTable'],
  requests: [dataPlaneStack, 'DataPlaneRequestsTable'],
  vault: [dataPlaneStack, 'DataPlaneVaultTable'],
  evidence: [dataPlaneStack, 'DataPlaneEvidenceTable'],
  usage: [dataPlaneStack, 'DataPlaneUsageTable'],
  control: [controlPlaneStack, 'ControlPlaneTablesControl'],
  audit: [controlPlaneStack, 'ControlPlaneTablesAudit'],
} as const;
export type TableName = keyof typeof tables;

export const templates = synthesize();
export const vaultKey = resourceName(dataPlaneStack, logicalId([dataPlaneStack, 'DataPlaneVaultKey'], 'AWS::KMS::Key'));

function synthesize(): Templates {
  const app = new App({ context: featureFlags, analyticsReporting: false });
  const config = parseDeploymentConfig({ regions: ['eu-west-1'] });
  const gatehouse = new Gatehouse(app, 'Gatehouse', { config, bundlesPath: bundlesFolder() });
  const stacks = [...gatehouse.dataPlanes, ...(gatehouse.controlPlane === undefined ? [] : [gatehouse.controlPlane])];
  return Object.fromEntries(
    stacks.map((stack) => [stack.stackName, parseTemplate(Template.fromStack(stack).toJSON())]),
  );
}

/** The logical id that begins like this, in the default deployment. */
export function logicalId([stack, prefix]: readonly [string, string], type: string): string {
  const [found, ...others] = Object.entries(templates[stack]?.Resources ?? {}).filter(
    ([id, { Type }]) => Type === type && new RegExp(`^${prefix}[0-9A-F]{8}$`).test(id),
  );
  if (found === undefined || others.length > 0) throw new Error(`expected one ${type} ${prefix} in ${stack}`);
  return found[0];
}

export function table(name: TableName): string {
  return resourceName(tables[name][0], logicalId(tables[name], 'AWS::DynamoDB::GlobalTable'));
}

/** Logical id of the role that the function really has. */
export function roleIdOf(name: FunctionName, from: Templates = templates): string {
  const [stack] = functions[name];
  const role = from[stack]?.Resources[logicalId(functions[name], 'AWS::Lambda::Function')]?.Properties['Role'];
  return (role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
}

/** Statements of that role. */
export function roleOf(name: FunctionName, from: Templates = templates): Statement[] {
  return statementsOf(from, functions[name][0], roleIdOf(name, from));
}
