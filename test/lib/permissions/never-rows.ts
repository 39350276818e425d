import { type Call, isAllowed, matches, type Statement, type Templates } from './iam-evaluator.ts';
import { isAllowedOnKey, resourceStatements } from './iam-resource-policies.ts';
import type { NeverRow } from './never-table.ts';
import { resourceArn, resourcePlace, roleArn, rolePlace, roleStatements } from './permission-catalog.ts';

/** Whether a row holds, and how to make it not hold. */

/** What somebody might attach to a role one day, "to make it work". */
const attachedLater: Statement = {
  effect: 'Allow',
  actions: ['dynamodb:*', 'kms:*', 'lambda:*', 'secretsmanager:*'],
  resources: ['*'],
  elsewhere: false,
  condition: {},
};

/** A call that meets every condition of our policies: what is refused is refused for what it is. */
const context = {
  'dynamodb:Attributes': ['pk'],
  'kms:EncryptionContext:app': ['gatehouse'],
  'kms:EncryptionContext:organization': ['org_1'],
  'kms:EncryptionContext:workspace': ['ws_1'],
  'kms:EncryptionContext:provider': ['openai'],
  'kms:EncryptionContext:credential': ['openai'],
  'kms:EncryptionContextKeys': ['app', 'organization', 'workspace', 'provider', 'credential'],
};

const administrator = 'arn:aws:iam::111122223333:role/Administrator';

/** Actions of the row that would go through. */
export function violations(templates: Templates, row: NeverRow): string[] {
  const own = row.who === 'an administrator of the account' ? [] : roleStatements(row.who, templates);
  const statements = row.held === 'denied' ? [...own, attachedLater] : own;
  return row.actions.filter((action) => {
    const call: Call = { action, resource: resourceArn(row.on), context };
    return row.on === 'vault key'
      ? isAllowedOnKey(vaultKeyPolicy(templates), { arn: callerArn(row), statements }, call)
      : isAllowed(statements, call);
  });
}

/**
 * The templates as somebody might leave them who wants the row's calls to work: no Deny about them any more and, where no Deny held
 * them, an Allow.
 */
export function loosened(templates: Templates, row: NeverRow): Templates {
  const copy = structuredClone(templates) as Record<string, Templates[string]>;
  if (row.on === 'vault key') dropDenies(row, keyDocument(copy));
  if (row.who === 'an administrator of the account') return copy;
  for (const document of roleDocuments(copy, row.who)) dropDenies(row, document);
  if (row.held === 'not granted') {
    const [document] = roleDocuments(copy, row.who);
    document?.Statement.push({ Effect: 'Allow', Action: [...row.actions], Resource: resourceArn(row.on) });
  }
  return copy;
}

interface Document {
  Statement: { Effect: string; Action: string | string[]; Resource?: unknown }[];
}

function dropDenies(row: NeverRow, document: Document): void {
  document.Statement = document.Statement.filter(
    ({ Effect, Action }) =>
      Effect !== 'Deny' || ![Action].flat().some((pattern) => row.actions.some((action) => matches(pattern, action))),
  );
}

function roleDocuments(
  templates: Templates,
  role: Exclude<NeverRow['who'], 'an administrator of the account'>,
): Document[] {
  const { stack, id } = rolePlace(role);
  return Object.values(templates[stack]?.Resources ?? {})
    .filter(
      ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties['Roles']).includes(`"${id}"`),
    )
    .map(({ Properties }) => Properties['PolicyDocument'] as Document);
}

function keyDocument(templates: Templates): Document {
  const { stack, id } = resourcePlace('vault key');
  return templates[stack]?.Resources[id]?.Properties['KeyPolicy'] as Document;
}

function vaultKeyPolicy(templates: Templates) {
  const { stack, id } = resourcePlace('vault key');
  return resourceStatements(templates, stack, id);
}

function callerArn({ who }: NeverRow): string {
  return who === 'an administrator of the account' ? administrator : roleArn(who);
}
