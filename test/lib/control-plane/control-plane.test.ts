import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createControlPlaneDependencies } from '../../../lambdas/control-plane/composition.ts';
import { parseOidcSettings } from '../../../lambdas/control-plane/sign-in/oidc-settings.ts';
import { createLogger } from '../../../lambdas/telemetry/logger.ts';
import { ControlPlane } from '../../../lib/control-plane/control-plane.ts';
import type { ControlPlaneProps } from '../../../lib/control-plane/control-plane.ts';
import { bundlesFolder, emptyStack, resourcesOf } from '../synthesize.ts';
import { managedDataPlane } from './managed-data-planes.ts';

function synthesizeControlPlane(props: Partial<ControlPlaneProps> = {}, regions = ['eu-west-1']): Template {
  const stack = emptyStack();
  new ControlPlane(stack, 'ControlPlane', {
    dataPlanes: regions.map((region) => managedDataPlane(stack, region)),
    bundlesPath: bundlesFolder(),
    ...props,
  });
  return Template.fromStack(stack);
}

/** The environment of the function with this description, as text: what CloudFormation fills in is named in angle brackets. */
function environmentOf(template: Template, description: RegExp): Record<string, string> {
  const found = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).find(({ Properties }) =>
    description.test(String(Properties['Description'])),
  );
  const { Variables } = z
    .object({ Variables: z.record(z.string(), z.unknown()) })
    .parse(found?.Properties['Environment']);
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, asText(value)]));
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': join, Ref } = value as Record<string, [string, unknown[]]>;
  if (join !== undefined) return join[1].map(asText).join(join[0]);
  return String(Ref) === 'AWS::URLSuffix' ? 'amazonaws.com' : `<${String(Ref)}>`;
}

describe('ControlPlane', () => {
  it('keeps the logical ids of tables, key, secret and users, since a new id is an empty one', () => {
    const template = synthesizeControlPlane();

    const stateful = [
      'AWS::DynamoDB::GlobalTable',
      'AWS::KMS::Key',
      'AWS::SecretsManager::Secret',
      'AWS::Cognito::UserPool',
    ];

    expect(stateful.flatMap((type) => Object.keys(resourcesOf(template, type)))).toMatchInlineSnapshot(`
      [
        "ControlPlaneTablesControlD08AB19D",
        "ControlPlaneTablesAudit73D86946",
        "ControlPlaneTablesKey3215FE73",
        "ControlPlaneBootstrapToken6056F30D",
        "ControlPlaneSignInUserPool7F95CC8C",
      ]
    `);
  });

  it('keeps its tables under a key of their own, recoverable, and protected from deletion', () => {
    const template = synthesizeControlPlane();

    const tables = Object.values(resourcesOf(template, 'AWS::DynamoDB::GlobalTable'));

    expect(tables).toHaveLength(2);
    for (const table of tables) {
      expect(table).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: {
          SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
          Replicas: [
            {
              DeletionProtectionEnabled: true,
              PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
              SSESpecification: {
                KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^ControlPlaneTablesKey/), 'Arn'] },
              },
            },
          ],
        },
      });
    }
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({ EnableKeyRotation: true, PendingWindowInDays: 30 }),
    });
  });

  it.each([/admin API$/, /repairs drift/])(
    'gives the function %s an environment that its code accepts',
    (description) => {
      const template = synthesizeControlPlane({ allowPrivateProviders: true }, ['eu-west-1', 'us-west-2']);
      const environment = { ...environmentOf(template, description), AWS_REGION: 'eu-west-1' };

      const deps = createControlPlaneDependencies(
        environment,
        createLogger(() => {}),
      );

      expect(deps.allowPrivateProviders).toBe(true);
      expect([deps.control.table, deps.audit.table].join()).toMatch(
        /^<ControlPlaneTablesControl\w+>,<ControlPlaneTablesAudit\w+>$/,
      );
      expect(deps.dataPlanes.map(({ region, url, tables }) => [region, url, tables.policy])).toEqual([
        ['eu-west-1', 'https://eu-west-1.example.com', 'policy'],
        ['us-west-2', 'https://us-west-2.example.com', 'policy'],
      ]);
      expect([...deps.keyGenerators.keys()]).toEqual(['eu-west-1', 'us-west-2']);
    },
  );

  it('lets the admin function accept the user pool and the issuers it was given', () => {
    const template = synthesizeControlPlane({
      oidcIssuers: [{ issuer: 'https://login.example.com', audiences: ['gatehouse'] }],
    });

    const issuers = parseOidcSettings(environmentOf(template, /admin API$/)['OIDC_ISSUERS']);

    const pool = /^https:\/\/cognito-idp\.eu-west-1\.amazonaws\.com\/<ControlPlaneSignInUserPool\w+>/;
    expect(issuers).toMatchObject([
      {
        issuer: expect.stringMatching(new RegExp(`${pool.source}$`)),
        jwksUrl: expect.stringMatching(new RegExp(`${pool.source}/\\.well-known/jwks\\.json$`)),
        audiences: [expect.stringMatching(/^<ControlPlaneSignInUserPoolClient\w+>$/)],
        roles: [{ claim: 'cognito:groups', value: 'operators', role: 'operator' }],
      },
      { issuer: 'https://login.example.com', audiences: ['gatehouse'], roles: [] },
    ]);
    template.hasResourceProperties('AWS::Cognito::UserPoolGroup', { GroupName: 'operators' });
  });

  it('generates a bootstrap token whose value is only `current` at first, and puts it in no environment', () => {
    const template = synthesizeControlPlane();

    const environment = environmentOf(template, /admin API$/);

    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: {
        SecretStringTemplate: '{}',
        GenerateStringKey: 'current',
        PasswordLength: 64,
        ExcludePunctuation: true,
      },
    });
    expect(environment['BOOTSTRAP_TOKEN_SECRET_ARN']).toMatch(/^<ControlPlaneBootstrapToken\w+>$/);
    expect(environmentOf(template, /repairs drift/)).not.toHaveProperty('BOOTSTRAP_TOKEN_SECRET_ARN');
    expect(JSON.stringify(template.toJSON())).not.toContain('{{resolve:');
  });

  it('does without a user pool, and then knows no issuer but those it was given', () => {
    const template = synthesizeControlPlane({ userPool: false });

    template.resourceCountIs('AWS::Cognito::UserPool', 0);
    expect(environmentOf(template, /admin API$/)['OIDC_ISSUERS']).toBe('[]');
  });

  it('takes an existing key and token, and gives up what it made with the stack when it is told to', () => {
    const stack = emptyStack();
    const secretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf';
    new ControlPlane(stack, 'ControlPlane', {
      dataPlanes: [managedDataPlane(stack)],
      bundlesPath: bundlesFolder(),
      encryptionKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/ours'),
      bootstrapToken: Secret.fromSecretCompleteArn(stack, 'Token', secretArn),
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const template = Template.fromStack(stack);

    template.resourceCountIs('AWS::KMS::Key', 0);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.allResources('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Delete' });
    template.allResources('AWS::Cognito::UserPool', {
      DeletionPolicy: 'Delete',
      Properties: Match.objectLike({ DeletionProtection: 'INACTIVE' }),
    });
  });

  it('goes on with tables that were there before, under their own keys or none', () => {
    const stack = emptyStack();
    const table = (name: string): ITableV2 =>
      TableV2.fromTableArn(stack, name, `arn:aws:dynamodb:eu-west-1:111122223333:table/${name}`);
    new ControlPlane(stack, 'ControlPlane', {
      dataPlanes: [managedDataPlane(stack)],
      bundlesPath: bundlesFolder(),
      tables: { control: table('old-control'), audit: table('old-audit') },
    });

    const template = Template.fromStack(stack);

    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(environmentOf(template, /repairs drift/)).toMatchObject({
      TABLE_CONTROL: 'old-control',
      TABLE_AUDIT: 'old-audit',
    });
  });

  it('sets no physical name on what AWS names by itself, and a retention on every log group', () => {
    const template = synthesizeControlPlane();

    const groups = Object.values(resourcesOf(template, 'AWS::Logs::LogGroup'));

    expect(JSON.stringify(template.toJSON())).not.toMatch(
      /"(TableName|FunctionName|RoleName|LogGroupName|QueueName|UserPoolName|ClientName)":"/,
    );
    expect(groups.map(({ Properties }) => Properties['RetentionInDays'])).toEqual([30, 30, 30]);
  });

  it.each([
    [[], '`dataPlanes` must be 1 to 4, got: 0'],
    [['a', 'b', 'c', 'd', 'e'].map((letter) => `eu-${letter}-1`), '`dataPlanes` must be 1 to 4, got: 5'],
  ])('refuses data planes in %j', (regions, message) => {
    const build = () => synthesizeControlPlane({}, regions);

    expect(build).toThrow(message);
  });

  it('refuses the vault key of a data plane for its own tables, which it could then not read', () => {
    const stack = emptyStack();
    const dataPlane = managedDataPlane(stack);
    const build = () =>
      new ControlPlane(stack, 'ControlPlane', {
        dataPlanes: [dataPlane],
        bundlesPath: bundlesFolder(),
        encryptionKey: dataPlane.vaultKey.key,
      });

    expect(build).toThrow('`encryptionKey` must not be the vault key of a data plane');
  });

  it('refuses two data planes in one region, and settings of a user pool that is not made', () => {
    const stack = emptyStack();
    const dataPlane = managedDataPlane(stack);
    const build = (props: Partial<ControlPlaneProps>) => () =>
      new ControlPlane(stack, `ControlPlane${stack.node.children.length}`, {
        dataPlanes: [dataPlane],
        bundlesPath: bundlesFolder(),
        ...props,
      });

    expect(build({ dataPlanes: [dataPlane, dataPlane] })).toThrow(
      'must be in different regions, got: eu-west-1, eu-west-1',
    );
    expect(build({ userPool: false, signIn: {} })).toThrow('`signIn` has no effect when `userPool` is false');
  });
});
