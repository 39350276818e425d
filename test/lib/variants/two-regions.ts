import { expect } from 'vitest';
import { meterAttributesOfAdmin } from '../../../lib/control-plane/control-plane-access.ts';
import { isAllowed, parseTemplate, resourceName, type Statement, statementsOf } from '../permissions/iam-evaluator.ts';
import { type Claims, templateOf, type Variant } from './variant.ts';

const home = 'Gatehouse-DataPlane-eu-west-1';
const other = 'Gatehouse-DataPlane-us-west-2';
const control = 'Gatehouse-ControlPlane';

const tableIds = ['Policy', 'Meter', 'Requests', 'Vault', 'Evidence', 'Usage'].map((name) => `DataPlane${name}Table`);
const actions = ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem', 'DeleteTable', 'UpdateTimeToLive'];
const keyActions = ['Decrypt', 'GenerateDataKey', 'CreateGrant', 'PutKeyPolicy', 'ReEncryptFrom'];

const context = {
  'dynamodb:Attributes': [...meterAttributesOfAdmin],
  'kms:EncryptionContext:app': ['gatehouse'],
  'kms:EncryptionContext:organization': ['org_1'],
  'kms:EncryptionContext:workspace': ['ws_1'],
  'kms:EncryptionContext:provider': ['openai'],
  'kms:EncryptionContext:credential': ['openai'],
  'kms:EncryptionContextKeys': ['app', 'organization', 'workspace', 'provider', 'credential'],
};

/** What the role of a function may do on tables and the key of a data plane, with whatever else is attached to it. */
function rights(
  variant: Variant,
  functionId: string,
  dataPlane: string,
  attached: readonly Statement[] = [],
): string[] {
  const statements = [...roleStatements(variant, functionId), ...attached];
  const allowed = (service: string, action: string, prefix: string) =>
    isAllowed(statements, {
      action: `${service}:${action}`,
      resource: resourceName(dataPlane, logicalId(variant, dataPlane, prefix)),
      context,
    });
  return [
    ...tableIds.flatMap((id) =>
      actions.filter((action) => allowed('dynamodb', action, id)).map((action) => `${id} ${action}`),
    ),
    ...keyActions.filter((action) => allowed('kms', action, 'DataPlaneVaultKey')).map((action) => `key ${action}`),
  ];
}

function roleStatements({ templates }: Variant, functionId: string): Statement[] {
  const parsed = Object.fromEntries(
    Object.entries(templates).map(([stack, template]) => [stack, parseTemplate(template)]),
  );
  const role = Object.keys(parsed[control]?.Resources ?? {}).find((id) => id.startsWith(`${functionId}Role`));
  return statementsOf(parsed, control, role ?? functionId);
}

function logicalId(variant: Variant, stack: string, prefix: string): string {
  const found = Object.keys(templateOf(variant, stack).Resources).find((id) =>
    new RegExp(`^${prefix}[0-9A-F]{8}$`).test(id),
  );
  if (found === undefined) throw new Error(`no ${prefix} in ${stack}`);
  return found;
}

export const twoRegions: Claims = {
  'has tables and keys of its own in each region, and one control plane in the first': ({ gatehouse, templates }) => {
    expect(gatehouse.dataPlanes.map(({ region }) => region)).toEqual(['eu-west-1', 'us-west-2']);
    expect(gatehouse.controlPlane?.region).toBe('eu-west-1');
    expect(Object.keys(templates)).toHaveLength(4);
  },
  'tells the control plane of both data planes, the home region first': (variant) => {
    const text = JSON.stringify(templateOf(variant, control));
    const regions = [...text.matchAll(/\{\\"region\\":\\"([a-z0-9-]+)\\"/g)].map(([, region]) => region);
    expect(regions).toEqual(['eu-west-1', 'us-west-2', 'eu-west-1', 'us-west-2']);
  },
  'deploys both data planes before the control plane, and neither after the other': ({ gatehouse }) => {
    const after = gatehouse.controlPlane?.dependencies.map(({ stackName }) => stackName);
    expect(after?.toSorted()).toEqual([home, other]);
    expect(gatehouse.dataPlanes.flatMap(({ dependencies }) => dependencies)).toEqual([gatehouse.edge, gatehouse.edge]);
  },
  'gives the admin function the same rights in both regions': (variant) => {
    const [inHome, inOther] = [home, other].map((stack) => rights(variant, 'ControlPlaneAdmin', stack));
    expect(inHome).toEqual(expect.arrayContaining(['DataPlanePolicyTable PutItem', 'key GenerateDataKey']));
    expect(inHome).not.toContain('key Decrypt');
    expect(inOther).toEqual(inHome);
  },
  'gives the reconcile function the same rights in both regions': (variant) => {
    const [inHome, inOther] = [home, other].map((stack) => rights(variant, 'ControlPlaneReconcile', stack));
    expect(inHome).toEqual(expect.arrayContaining(['DataPlanePolicyTable Scan', 'DataPlaneMeterTable UpdateItem']));
    expect(inOther).toEqual(inHome);
  },
  'refuses both functions for good to open a credential of the other region': (variant) => {
    const attached: Statement = {
      effect: 'Allow',
      actions: ['kms:*'],
      resources: ['*'],
      elsewhere: false,
      condition: {},
    };
    const opened = ['ControlPlaneAdmin', 'ControlPlaneReconcile'].flatMap((id) =>
      rights(variant, id, other, [attached]).filter((right) => right.startsWith('key')),
    );
    expect(opened).toEqual(['key GenerateDataKey', 'key GenerateDataKey']);
  },
  'lets no data plane refer to another one or to the control plane': (variant) => {
    expect(JSON.stringify(templateOf(variant, home))).not.toMatch(/us-west-2|Gatehouse-ControlPlane/);
    expect(JSON.stringify(templateOf(variant, other))).not.toMatch(/eu-west-1|Gatehouse-ControlPlane/);
  },
  'exports nothing, since an exported value cannot change while somebody imports it': ({ templates }) => {
    const outputs = Object.values(templates).flatMap(({ Outputs }) => Object.values(Outputs));
    expect(outputs.filter((output) => 'Export' in output)).toEqual([]);
  },
};
