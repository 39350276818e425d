import { Template } from 'aws-cdk-lib/assertions';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { tables } from '../../../lambdas/store/tables.ts';
import { ProxyFunction } from '../../../lib/data-plane/proxy-function.ts';
import type { ProxyFunctionOptions } from '../../../lib/data-plane/proxy-function.ts';
import { GatehouseTable } from '../../../lib/storage/gatehouse-table.ts';
import { itemWrites, tableChanges } from '../../../lib/storage/table-access.ts';
import { VaultKey } from '../../../lib/storage/vault-key.ts';
import { bundleFolder, emptyStack, identityStatements, onlyResource } from '../synthesize.ts';

const originSecretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:origin-AbCdEf';

function synthesizeProxy(options: ProxyFunctionOptions = {}): Template {
  const stack = emptyStack();
  new ProxyFunction(stack, 'Proxy', {
    codePath: bundleFolder(),
    tables: {
      policy: new GatehouseTable(stack, 'Policy', { definition: tables.policy }).table,
      meter: new GatehouseTable(stack, 'Meter', { definition: tables.meter }).table,
      requests: new GatehouseTable(stack, 'Requests', { definition: tables.requests }).table,
      vault: new GatehouseTable(stack, 'Vault', { definition: tables.vault }).table,
    },
    vaultKey: new VaultKey(stack, 'VaultKey'),
    originSecret: Secret.fromSecretCompleteArn(stack, 'Origin', originSecretArn),
    ...options,
  });
  return Template.fromStack(stack);
}

/** What the role may do, by resource, as IAM decides it: a Deny wins over any Allow. */
function allowedActions(template: Template, resource: RegExp): string[] {
  const statements = identityStatements(template).filter(({ resources }) =>
    resources.some((arn) => resource.test(arn)),
  );
  const denied = new Set(statements.filter(({ effect }) => effect === 'Deny').flatMap(({ actions }) => actions));
  return statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ actions }) => actions)
    .filter((action) => !denied.has(action))
    .toSorted();
}

describe('ProxyFunction', () => {
  it.each([
    [/"Policy\w+"/, ['dynamodb:GetItem']],
    [/"Meter\w+"/, ['dynamodb:GetItem', 'dynamodb:UpdateItem']],
    [/"Requests\w+"/, ['dynamodb:GetItem', 'dynamodb:PutItem']],
    [/"Vault[0-9A-F]+"/, ['dynamodb:GetItem']],
    [/"VaultKey\w+"/, ['kms:Decrypt']],
    [/secret:origin-AbCdEf/, ['secretsmanager:GetSecretValue']],
    [/"ProxyLogs\w+"/, ['logs:CreateLogStream', 'logs:PutLogEvents']],
  ])('may do on %s exactly %j', (resource, expected) => {
    const template = synthesizeProxy();

    const allowed = allowedActions(template, resource);

    expect(allowed).toEqual(expected);
  });

  it('has no permission beyond those, none on every resource, and no managed policy', () => {
    const template = synthesizeProxy();

    const allowed = identityStatements(template).filter(({ effect }) => effect === 'Allow');

    const known = /"(Policy|Meter|Requests|Vault|VaultKey|ProxyLogs)[0-9A-F]{8}"|secret:origin-AbCdEf/;
    expect(allowed.flatMap(({ resources }) => resources).filter((resource) => !known.test(resource))).toEqual([]);
    expect(
      identityStatements(template).flatMap(({ actions }) => actions.filter((action) => action.includes('*'))),
    ).toEqual([]);
    expect(onlyResource(template, 'AWS::IAM::Role').Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  it('is denied every write to policy, whatever is attached to the role later', () => {
    const template = synthesizeProxy();

    const denied = identityStatements(template).filter(
      ({ effect, resources }) => effect === 'Deny' && resources.every((arn) => /"Policy\w+"/.test(arn)),
    );

    expect(denied).toHaveLength(1);
    expect(denied[0]?.actions.toSorted()).toEqual([...itemWrites, ...tableChanges].toSorted());
  });

  it('is denied every write to whatever is not a meter or a request record', () => {
    const template = synthesizeProxy();

    const [elsewhere, ...others] = identityStatements(template).filter(({ statement }) => statement.NotResource);

    expect(others).toEqual([]);
    expect(elsewhere).toMatchObject({ effect: 'Deny' });
    expect(elsewhere?.actions).toEqual([
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:PartiQLDelete',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ]);
    expect(JSON.stringify(elsewhere?.statement.NotResource)).toMatch(
      /^\[\S*"Meter\w+","Arn"\S*"Requests\w+","Arn"\]\}\]$/,
    );
  });

  it('may assume the roles it was given, and no role without', () => {
    const role = 'arn:aws:iam::444455556666:role/bedrock';

    const [given, none] = [synthesizeProxy({ assumableRoleArns: [role] }), synthesizeProxy()];

    expect(allowedActions(given, /role\/bedrock/)).toEqual(['sts:AssumeRole']);
    expect(JSON.stringify(identityStatements(none))).not.toContain('sts:');
  });

  it('is denied Scan on each of its tables', () => {
    const template = synthesizeProxy();

    const denied = identityStatements(template).filter(({ actions }) => actions.includes('dynamodb:Scan'));

    expect(denied).toMatchObject([{ effect: 'Deny', actions: ['dynamodb:Scan'] }]);
    expect(denied[0]?.resources.join()).toMatch(/"Meter.*"Policy.*"Requests.*"Vault/);
  });

  it('learns tables, key and secret from its environment, and no secret value', () => {
    const template = synthesizeProxy();

    const { Properties } = onlyResource(template, 'AWS::Lambda::Function');

    expect(Properties).toMatchObject({ Timeout: 900, MemorySize: 512 });
    expect(Properties['Environment']).toEqual({
      Variables: {
        TABLE_POLICY: { Ref: expect.stringMatching(/^Policy/) },
        TABLE_METER: { Ref: expect.stringMatching(/^Meter/) },
        TABLE_REQUESTS: { Ref: expect.stringMatching(/^Requests/) },
        TABLE_VAULT: { Ref: expect.stringMatching(/^Vault/) },
        VAULT_KEY_ARN: { 'Fn::GetAtt': [expect.stringMatching(/^VaultKey/), 'Arn'] },
        ORIGIN_SECRET_ARN: originSecretArn,
        OTEL_SERVICE_NAME: expect.any(String),
      },
    });
  });

  it('reserves concurrency, and provisions it on the alias that an API then invokes', () => {
    const template = synthesizeProxy({ reservedConcurrentExecutions: 50, provisionedConcurrentExecutions: 5 });

    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 50 });
    template.hasResourceProperties('AWS::Lambda::Alias', {
      Name: 'live',
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 5 },
    });
  });

  it('refuses to keep more environments warm than it may use', () => {
    const build = () => synthesizeProxy({ reservedConcurrentExecutions: 4, provisionedConcurrentExecutions: 5 });

    expect(build).toThrow(
      '`provisionedConcurrentExecutions` must not exceed `reservedConcurrentExecutions`, got: 5 of 4',
    );
  });

  it('may use the key of an encrypted table through DynamoDB only', () => {
    const stack = emptyStack();
    const tableArn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/meter';
    const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const plain: ITableV2 = TableV2.fromTableArn(stack, 'Plain', tableArn);
    const encrypted = TableV2.fromTableAttributes(stack, 'Encrypted', {
      tableArn,
      encryptionKey: Key.fromKeyArn(stack, 'Key', keyArn),
    });

    new ProxyFunction(stack, 'Proxy', {
      codePath: bundleFolder(),
      tables: { policy: plain, meter: encrypted, requests: plain, vault: plain },
      vaultKey: new VaultKey(stack, 'VaultKey'),
    });

    const onKey = identityStatements(Template.fromStack(stack)).filter(({ resources }) =>
      resources.includes(JSON.stringify(keyArn)),
    );
    expect(onKey.map(({ statement }) => statement.Condition)).toEqual([
      { StringEquals: { 'kms:ViaService': 'dynamodb.eu-west-1.amazonaws.com' } },
    ]);
  });
});
