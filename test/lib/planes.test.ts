import { describe, expect, it } from 'vitest';
import { meterAttributesOfAdmin } from '../../lib/control-plane/control-plane-access.ts';
import { isAllowed, type Statement, type Templates } from './iam-evaluator.ts';
import {
  controlPlaneStack,
  dataPlaneStack,
  type FunctionName,
  roleOf,
  table,
  type TableName,
  tables,
  templates,
  vaultKey,
} from './synthesized-planes.ts';

const writes = [
  'BatchWriteItem',
  'DeleteItem',
  'PartiQLDelete',
  'PartiQLInsert',
  'PartiQLUpdate',
  'PutItem',
  'UpdateItem',
];
const reads = ['BatchGetItem', 'ConditionCheckItem', 'GetItem', 'PartiQLSelect', 'Query', 'Scan'];
const tableChanges = ['DeleteTable', 'PutResourcePolicy', 'UpdateContinuousBackups', 'UpdateTable', 'UpdateTimeToLive'];
const everyAction = [...writes, ...reads, ...tableChanges, 'DescribeTable', 'RestoreTableToPointInTime'];

const opening = ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:CreateGrant', 'kms:PutKeyPolicy'];
const credentialContext = {
  'kms:EncryptionContext:app': ['gatehouse'],
  'kms:EncryptionContext:organization': ['org_1'],
  'kms:EncryptionContext:workspace': ['ws_1'],
  'kms:EncryptionContext:provider': ['openai'],
  'kms:EncryptionContext:credential': ['openai'],
  'kms:EncryptionContextKeys': ['app', 'organization', 'workspace', 'provider', 'credential'],
};

function allowedOn(statements: readonly Statement[], name: TableName): string[] {
  return everyAction.filter((action) =>
    isAllowed(statements, {
      action: `dynamodb:${action}`,
      resource: table(name),
      context: { 'dynamodb:Attributes': ['pk'] },
    }),
  );
}

function allowedByTable(statements: readonly Statement[]): Record<string, string> {
  const names = Object.keys(tables) as TableName[];
  return Object.fromEntries(names.map((name) => [name, allowedOn(statements, name).toSorted().join(' ')]));
}

/** What somebody might attach to a role one day, "to make it work". */
const attachedLater: Statement = {
  effect: 'Allow',
  actions: ['dynamodb:*', 'kms:*'],
  resources: ['*'],
  elsewhere: false,
  condition: {},
};

/** The templates without the Denies of every role. */
function withoutDenies(): Templates {
  const copy = structuredClone(templates) as Record<string, Templates[string]>;
  for (const { Resources } of Object.values(copy)) {
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type !== 'AWS::IAM::Policy') continue;
      const document = Properties['PolicyDocument'] as { Statement: { Effect: string }[] };
      document.Statement = document.Statement.filter(({ Effect }) => Effect !== 'Deny');
    }
  }
  return copy;
}

/** Calls that a Deny refuses for good, by role. */
const refusedForGood: [FunctionName, string, string][] = [
  ...(['policy', 'control', 'audit', 'vault', 'usage', 'evidence'] as const).flatMap((name) =>
    writes.map((action): [FunctionName, string, string] => ['proxy', `dynamodb:${action}`, name]),
  ),
  ...(['policy', 'meter', 'requests', 'vault'] as const).map((name): [FunctionName, string, string] => [
    'proxy',
    'dynamodb:Scan',
    name,
  ]),
  ...(['admin', 'reconcile'] as const).flatMap((role) => [
    ...opening.map((action): [FunctionName, string, string] => [role, action, 'vault key']),
    ...[...writes, ...tableChanges]
      .filter((action) => action !== 'PutItem')
      .map((action): [FunctionName, string, string] => [role, `dynamodb:${action}`, 'audit']),
  ]),
];

function call(action: string, on: string) {
  return {
    action,
    resource: on === 'vault key' ? vaultKey : table(on as TableName),
    context: { ...credentialContext, 'dynamodb:Attributes': ['pk', 'policyVersion'] },
  };
}

describe('the line between the planes', () => {
  it('gives the proxy its reads, meters and request records, and nothing of the control plane', () => {
    const allowed = allowedByTable(roleOf('proxy'));

    expect(allowed).toEqual({
      policy: 'GetItem',
      meter: 'GetItem UpdateItem',
      requests: 'GetItem PutItem',
      vault: 'GetItem',
      evidence: '',
      usage: '',
      control: '',
      audit: '',
    });
  });

  it('gives the usage rollup its sums', () => {
    const allowed = allowedByTable(roleOf('rollup'));

    expect(Object.entries(allowed).filter(([, actions]) => actions !== '')).toEqual([['usage', 'GetItem UpdateItem']]);
  });

  it('gives the admin function policy to publish, an audit trail to append to, and credentials to write and never to read', () => {
    const allowed = allowedByTable(roleOf('admin'));

    expect(allowed).toEqual({
      policy: 'DeleteItem GetItem PutItem',
      meter: 'DeleteItem GetItem UpdateItem',
      requests: 'DeleteItem GetItem Query',
      vault: 'DeleteItem PutItem',
      evidence: 'Query',
      usage: 'DeleteItem GetItem Query',
      control: 'DeleteItem GetItem PutItem Query UpdateItem',
      audit: 'PutItem Query',
    });
  });

  it('gives reconcile what finds and repairs drift', () => {
    const allowed = allowedByTable(roleOf('reconcile'));

    expect(allowed).toEqual({
      policy: 'DeleteItem GetItem PutItem Scan',
      meter: 'DeleteItem GetItem Scan UpdateItem',
      requests: 'DeleteItem Query',
      vault: 'DeleteItem',
      evidence: '',
      usage: 'DeleteItem GetItem Query',
      control: 'DeleteItem GetItem PutItem Query UpdateItem',
      audit: 'PutItem Query',
    });
  });

  it.each([
    ['proxy', 'kms:Decrypt'],
    ['admin', 'kms:GenerateDataKey'],
    ['reconcile', ''],
    ['rollup', ''],
  ] as const)('lets %s do on the vault key, for a named credential, only: %s', (role, expected) => {
    const statements = roleOf(role);

    const allowed = [...opening, 'kms:GenerateDataKey', 'kms:Encrypt'].filter((action) =>
      isAllowed(statements, { action, resource: vaultKey, context: credentialContext }),
    );

    expect(allowed.join(' ')).toBe(expected);
  });

  it('lets the admin function make no data key for anything but a named credential', () => {
    const statements = roleOf('admin');
    const unnamed = { 'kms:EncryptionContext:app': ['gatehouse'], 'kms:EncryptionContextKeys': ['app'] };

    const allowed = isAllowed(statements, { action: 'kms:GenerateDataKey', resource: vaultKey, context: unnamed });

    expect(allowed).toBe(false);
  });

  it.each(['minuteRequests', 'dayRequests', 'inflight', 'hold_1790000000'])(
    'lets the admin function update what it owns of a meter, and not %s',
    (attribute) => {
      const statements = roleOf('admin');
      const update = (attributes: readonly string[]) =>
        isAllowed(statements, {
          action: 'dynamodb:UpdateItem',
          resource: table('meter'),
          context: { 'dynamodb:Attributes': attributes },
        });

      const outcomes = [update(meterAttributesOfAdmin), update(['pk', attribute])];

      expect(outcomes).toEqual([true, false]);
    },
  );

  it.each([
    ['names no attribute', { 'dynamodb:Attributes': [] }],
    ['reached IAM without its attributes', {}],
  ])('refuses the admin function an update of a meter that %s', (_case, context) => {
    const statements = roleOf('admin');

    const allowed = isAllowed(statements, { action: 'dynamodb:UpdateItem', resource: table('meter'), context });

    expect(allowed).toBe(false);
  });

  it('would notice that the attributes need not be there: ForAllValues alone holds for none', () => {
    const statements = roleOf('admin').map((statement) => ({
      ...statement,
      condition: Object.fromEntries(Object.entries(statement.condition).filter(([operator]) => operator !== 'Null')),
    }));

    const allowed = isAllowed(statements, { action: 'dynamodb:UpdateItem', resource: table('meter'), context: {} });

    expect(allowed).toBe(true);
  });

  it.each(refusedForGood)('refuses %s %s on the %s, whatever is attached to its role later', (role, action, on) => {
    const statements = [...roleOf(role), attachedLater];

    const allowed = isAllowed(statements, call(action, on));

    expect(allowed).toBe(false);
  });

  it('would notice a missing Deny: without them every one of those calls is allowed once something broad is attached', () => {
    const open = withoutDenies();

    const stillRefused = refusedForGood.filter(
      ([role, action, on]) => !isAllowed([...roleOf(role, open), attachedLater], call(action, on)),
    );

    expect(refusedForGood.length).toBeGreaterThan(60);
    expect(stillRefused).toEqual([]);
  });

  it('would notice a missing condition: without it the admin function may update every attribute of a meter', () => {
    const statements = roleOf('admin').map((statement) => ({ ...statement, condition: {} }));

    const allowed = isAllowed(statements, {
      action: 'dynamodb:UpdateItem',
      resource: table('meter'),
      context: { 'dynamodb:Attributes': ['pk', 'hold_1790000000'] },
    });

    expect(allowed).toBe(true);
  });

  it('shares no function, role, table, key or endpoint between the planes', () => {
    const [data, control] = [dataPlaneStack, controlPlaneStack].map((stack) => templates[stack]?.Resources ?? {});

    const shared = Object.keys(data ?? {}).filter((id) => id in (control ?? {}) && id !== 'CDKMetadata');

    expect(shared).toEqual([]);
    expect(JSON.stringify(data)).not.toContain(controlPlaneStack);
  });
});
