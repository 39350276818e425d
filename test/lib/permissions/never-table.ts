import { itemWrites, tableChanges } from '../../../lib/storage/table-access.ts';
import type { AwsResourceName, ResourceName, RoleName } from './permission-catalog.ts';

/** What must never be, as data. Each row fails when it is loosened: `permission-table.test.ts` loosens every one. */

/** Sentences of the design about the two planes, that rows stand for. */
export const sentences = {
  callsNoControlPlane: 'The data plane must never call the control plane on the request path.',
  writesNoPolicy: 'The data plane must never write policy.',
  readsPolicyByGetItem: 'The proxy role has GetItem on policy, with an explicit Deny on every write.',
  seesNoSecret: 'The control plane must never see a provider secret after it was stored.',
  offTheRequestPath: 'The control plane must never sit on the request path.',
  sharesNothing: 'The planes share no function, role, table or endpoint.',
  oneHalfOfTheKey:
    'The admin role has kms:GenerateDataKey but no kms:Decrypt on the vault key, the proxy role the reverse.',
  callsNoModelUnasked: 'No role may call a model of AWS unless the settings name it.',
  auditOnlyGrows: 'The audit trail is appended to and never changed.',
} as const;

export type Sentence = keyof typeof sentences;

/**
 * `denied`: an explicit Deny refuses it, whatever is attached to the role later. `not granted`: nothing allows it. The strength is part
 * of the row: a Deny that goes is a row that fails.
 */
export interface NeverRow {
  readonly who: RoleName | 'an administrator of the account';
  readonly actions: readonly string[];
  readonly on: ResourceName | AwsResourceName;
  readonly held: 'denied' | 'not granted';
  readonly sentence: Sentence;
  readonly because: string;
}

const readsOfMany = ['dynamodb:BatchGetItem', 'dynamodb:PartiQLSelect', 'dynamodb:Query'];
const everyRead = ['dynamodb:GetItem', 'dynamodb:Scan', ...readsOfMany];
const opening = ['kms:CreateGrant', 'kms:Decrypt', 'kms:PutKeyPolicy', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
const making = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'];
const calling = [
  'bedrock:CountTokens',
  'bedrock:InvokeModel',
  'bedrock:InvokeModelWithBidirectionalStream',
  'bedrock:InvokeModelWithResponseStream',
];
const notPut = (actions: readonly string[]) => actions.filter((action) => action !== 'dynamodb:PutItem');

export const neverTable: readonly NeverRow[] = [
  row('proxy', itemWrites, 'policy table', 'denied', 'writesNoPolicy', 'Who is served must not decide who is served.'),
  row('proxy', tableChanges, 'policy table', 'denied', 'writesNoPolicy', 'A table that is replaced is written.'),
  row(
    'proxy',
    ['dynamodb:Scan'],
    'policy table',
    'denied',
    'readsPolicyByGetItem',
    'A key is looked up, never listed.',
  ),
  row('proxy', readsOfMany, 'policy table', 'not granted', 'readsPolicyByGetItem', 'One item, by its whole key.'),
  row('usage rollup', itemWrites, 'policy table', 'not granted', 'writesNoPolicy', 'It is of the data plane too.'),
  row('data plane release', itemWrites, 'policy table', 'not granted', 'writesNoPolicy', 'It moves an alias.'),

  row('proxy', ['lambda:InvokeFunction'], 'admin function', 'not granted', 'callsNoControlPlane', 'No call by IAM.'),
  row(
    'proxy',
    ['secretsmanager:GetSecretValue'],
    'bootstrap token',
    'not granted',
    'callsNoControlPlane',
    'It has nothing to sign in with.',
  ),
  row('proxy', everyRead, 'control table', 'not granted', 'callsNoControlPlane', 'Nor does it read past the API.'),
  row('usage rollup', everyRead, 'control table', 'not granted', 'callsNoControlPlane', 'The same.'),

  row('proxy', itemWrites, 'control table', 'denied', 'sharesNothing', 'Tables of the control plane are its own.'),
  row('proxy', itemWrites, 'audit table', 'denied', 'sharesNothing', 'The same.'),
  row('data plane release', ['lambda:UpdateAlias'], 'admin function', 'not granted', 'sharesNothing', 'One per plane.'),
  row(
    'control plane release',
    ['lambda:UpdateAlias'],
    'proxy function',
    'not granted',
    'sharesNothing',
    'One per plane.',
  ),

  row('admin', everyRead, 'vault table', 'denied', 'seesNoSecret', 'Not even the ciphertext can be read back.'),
  row('reconcile', everyRead, 'vault table', 'denied', 'seesNoSecret', 'It deletes and does not look.'),
  row('admin', opening, 'vault key', 'denied', 'seesNoSecret', 'A ciphertext from elsewhere does not open either.'),
  row('reconcile', opening, 'vault key', 'denied', 'seesNoSecret', 'The same.'),
  row(
    'an administrator of the account',
    ['kms:CreateGrant', 'kms:Decrypt', 'kms:ReEncryptFrom'],
    'vault key',
    'denied',
    'seesNoSecret',
    'The key policy refuses everybody but the proxy. Who may change that policy can end this; CloudTrail shows it.',
  ),

  row('proxy', making, 'vault key', 'denied', 'oneHalfOfTheKey', 'It opens and cannot store.'),
  row('proxy', itemWrites, 'vault table', 'denied', 'oneHalfOfTheKey', 'Nor put one in the place of another.'),
  row('reconcile', making, 'vault key', 'not granted', 'oneHalfOfTheKey', 'It has neither half.'),
  row('usage rollup', [...opening, ...making], 'vault key', 'not granted', 'oneHalfOfTheKey', 'It has neither half.'),

  row(
    'admin',
    ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
    'requests table',
    'not granted',
    'offTheRequestPath',
    'Records are of those who served.',
  ),
  row(
    'admin',
    ['lambda:InvokeFunction'],
    'proxy function',
    'not granted',
    'offTheRequestPath',
    'It serves no request.',
  ),
  row(
    'admin',
    notPut([...itemWrites, ...tableChanges]),
    'audit table',
    'denied',
    'auditOnlyGrows',
    'PutItem cannot be kept from replacing: the chain of hashes shows that.',
  ),
  row('reconcile', notPut([...itemWrites, ...tableChanges]), 'audit table', 'denied', 'auditOnlyGrows', 'The same.'),

  row(
    'proxy',
    calling,
    'models of Amazon Bedrock',
    'not granted',
    'callsNoModelUnasked',
    'The setting `bedrock` allows some; without it nobody runs up the bill of the account.',
  ),
  row('admin', calling, 'models of Amazon Bedrock', 'not granted', 'callsNoModelUnasked', 'Nor with it.'),
  row('reconcile', calling, 'models of Amazon Bedrock', 'not granted', 'callsNoModelUnasked', 'The same.'),
  row('usage rollup', calling, 'models of Amazon Bedrock', 'not granted', 'callsNoModelUnasked', 'The same.'),
];

function row(
  who: NeverRow['who'],
  actions: readonly string[],
  on: NeverRow['on'],
  held: NeverRow['held'],
  sentence: Sentence,
  because: string,
): NeverRow {
  return { who, actions, on, held, sentence, because };
}
