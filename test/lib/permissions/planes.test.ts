import { describe, expect, it } from 'vitest';
import { meterAttributesOfAdmin } from '../../../lib/control-plane/control-plane-access.ts';
import { isAllowed, type StackTemplate, type Templates } from './iam-evaluator.ts';
import { isAllowedOnKey, resourceStatements } from './iam-resource-policies.ts';
import { loosened, violations } from './never-rows.ts';
import { type NeverRow, neverTable, sentences } from './never-table.ts';
import { resourceArn, resourcePlace, roleArn, roleNames, roleStatements } from './permission-catalog.ts';
import { separationRules } from './plane-separation.ts';
import { dataPlaneStack, roleOf, table, templates, vaultKey } from './synthesized-planes.ts';

/** The line between the planes. `permission-table.test.ts` has what lies on either side of it. */

const alphabetically = (a: string, b: string): number => a.localeCompare(b);

function title({ who, on, held, actions: [first, ...others] }: NeverRow): string {
  return `${who}, ${first}${others.length > 0 ? ` and ${others.length} more` : ''} on the ${on} (${held})`;
}

const neverRows = neverTable.map((row) => [title(row), row] as const);

describe('what must never be', () => {
  it.each(neverRows)('is not: %s', (_title, row) => {
    const found = violations(templates, row);

    expect(found).toEqual([]);
  });

  it.each(neverRows)('fails when it is loosened, for every action: %s', (_title, row) => {
    const found = violations(loosened(templates, row), row);

    expect(found).toEqual(row.actions);
  });

  it.each(separationRules.map((rule) => [rule.rule, rule] as const))('holds: %s', (_title, rule) => {
    const found = rule.violations(templates);

    expect(found).toEqual([]);
  });

  it.each(separationRules.map((rule) => [rule.rule, rule] as const))(
    'fails when it is loosened: %s',
    (_title, rule) => {
      const copy = structuredClone(templates) as Record<string, StackTemplate>;
      rule.loosen(copy);

      const found = rule.violations(copy);

      expect(found).not.toEqual([]);
    },
  );

  it('has a row for every sentence of the design', () => {
    const covered = new Set([...neverTable, ...separationRules].map(({ sentence }) => sentence));

    expect([...covered].toSorted(alphabetically)).toEqual(Object.keys(sentences).toSorted(alphabetically));
  });
});

describe('the two halves of the vault key', () => {
  const context = {
    'kms:EncryptionContext:app': ['gatehouse'],
    'kms:EncryptionContext:organization': ['org_1'],
    'kms:EncryptionContext:workspace': ['ws_1'],
    'kms:EncryptionContext:provider': ['openai'],
    'kms:EncryptionContext:credential': ['openai'],
    'kms:EncryptionContextKeys': ['app', 'organization', 'workspace', 'provider', 'credential'],
  };

  function halves(from: Templates): Record<string, string[]> {
    const { stack, id } = resourcePlace('vault key');
    const keyPolicy = resourceStatements(from, stack, id);
    const entries = roleNames.map((name): [string, string[]] => [
      name,
      ['kms:GenerateDataKey', 'kms:Decrypt'].filter((action) =>
        isAllowedOnKey(
          keyPolicy,
          { arn: roleArn(name), statements: roleStatements(name, from) },
          { action, resource: resourceArn('vault key'), context },
        ),
      ),
    ]);
    return Object.fromEntries(entries.filter(([, actions]) => actions.length > 0));
  }

  it('lie with two roles, one each, and with no other', () => {
    const found = halves(templates);

    expect(found).toEqual({ proxy: ['kms:Decrypt'], admin: ['kms:GenerateDataKey'] });
  });

  it('would be seen together where the actions are swapped and the Deny is gone', () => {
    const text = JSON.stringify(templates[dataPlaneStack]);
    const swapped = JSON.parse(
      text
        .replace('"Action":"kms:Decrypt"', '"Action":"kms:GenerateDataKey"')
        .replace('["kms:Encrypt","kms:GenerateDataKey",', '["kms:Encrypt",'),
    ) as StackTemplate;

    const found = halves({ ...templates, [dataPlaneStack]: swapped });

    expect(found).toEqual({ proxy: ['kms:GenerateDataKey'], admin: ['kms:GenerateDataKey'] });
  });
});

describe('rights under a condition', () => {
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

  it('would notice a missing condition: without it the admin function may update every attribute of a meter', () => {
    const statements = roleOf('admin').map((statement) => ({ ...statement, condition: {} }));

    const allowed = isAllowed(statements, {
      action: 'dynamodb:UpdateItem',
      resource: table('meter'),
      context: { 'dynamodb:Attributes': ['pk', 'hold_1790000000'] },
    });

    expect(allowed).toBe(true);
  });
});
