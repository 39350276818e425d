import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { DataPlane } from '../../../lib/data-plane/data-plane.ts';
import type { DataPlaneProps } from '../../../lib/data-plane/data-plane.ts';
import { bundlesFolder, emptyStack, onlyResource, resourcesOf } from '../synthesize.ts';

const webAclArn = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/ours/1234abcd';

function synthesizeDataPlane(props: DataPlaneProps = {}): Template {
  const stack = emptyStack();
  new DataPlane(stack, 'DataPlane', { bundlesPath: bundlesFolder(), ...props });
  return Template.fromStack(stack);
}

const mutualTls = {
  domainName: 'origin.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab',
  truststoreUri: 's3://certificates/truststore.pem',
  clientCertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/5678abcd-12ab',
};

describe('DataPlane', () => {
  it('keeps the logical ids of tables, key and secret, since a new id is an empty table', () => {
    const template = synthesizeDataPlane();

    const stateful = ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret'];

    expect(stateful.flatMap((type) => Object.keys(resourcesOf(template, type)))).toMatchInlineSnapshot(`
      [
        "DataPlanePolicyTable3EF1DA24",
        "DataPlaneMeterTable6483ECAF",
        "DataPlaneRequestsTable1D258B4A",
        "DataPlaneVaultTableE6461BE2",
        "DataPlaneEvidenceTableAB735B8D",
        "DataPlaneUsageTable7B4A1C5E",
        "DataPlaneVaultKeyFA701497",
        "DataPlaneOriginSecret3AFE13B2",
      ]
    `);
  });

  it('gives every log group a retention', () => {
    const template = synthesizeDataPlane();

    const groups = Object.values(resourcesOf(template, 'AWS::Logs::LogGroup'));

    expect(groups.map(({ Properties }) => Properties['RetentionInDays'])).toEqual([30, 30, 30]);
  });

  it('sets no physical name on what AWS names by itself', () => {
    const template = JSON.stringify(synthesizeDataPlane().toJSON());

    expect(template).not.toMatch(/"(TableName|FunctionName|RoleName|LogGroupName|AliasName)":"/);
  });

  it('makes an origin secret whose value is generated and only `current` at first', () => {
    const template = synthesizeDataPlane();

    const { Properties } = onlyResource(template, 'AWS::SecretsManager::Secret');

    expect(Properties['GenerateSecretString']).toEqual({
      SecretStringTemplate: '{}',
      GenerateStringKey: 'current',
      PasswordLength: 64,
      ExcludePunctuation: true,
    });
  });

  it('uses existing tables, key, secret and web ACL in place of new ones', () => {
    const stack = emptyStack();
    const secretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:origin-AbCdEf';
    const tableStreamArn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/requests/stream/2026-11-22T00:00:00.000';
    const table = (name: string) => TableV2.fromTableName(stack, name, name);

    new DataPlane(stack, 'DataPlane', {
      bundlesPath: bundlesFolder(),
      webAclArn,
      tables: {
        policy: table('policy'),
        meter: table('meter'),
        requests: TableV2.fromTableAttributes(stack, 'requests', { tableName: 'requests', tableStreamArn }),
        vault: table('vault'),
        evidence: table('evidence'),
        usage: table('usage'),
      },
      vaultKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab'),
      originSecret: Secret.fromSecretCompleteArn(stack, 'Secret', secretArn),
    });

    const template = Template.fromStack(stack);
    for (const type of ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret']) {
      template.resourceCountIs(type, 0);
    }
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { TABLE_POLICY: 'policy', TABLE_METER: 'meter', ORIGIN_SECRET_ARN: secretArn } },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: tableStreamArn });
    expect(onlyResource(template, 'AWS::CloudFront::Distribution').Properties).toMatchObject({
      DistributionConfig: { WebACLId: webAclArn },
    });
  });

  it('refuses tables encrypted with the vault key, which the proxy may not encrypt with', () => {
    const stack = emptyStack();
    const key = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab');

    const create = () =>
      new DataPlane(stack, 'DataPlane', { bundlesPath: bundlesFolder(), vaultKey: key, encryptionKey: key });

    expect(create).toThrow(/must not be encrypted with the vault key/);
  });

  it('deploys without CloudFront, and then neither makes nor checks an origin secret', () => {
    const stack = emptyStack();

    const dataPlane = new DataPlane(stack, 'DataPlane', { bundlesPath: bundlesFolder(), distribution: false });

    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudFront::Distribution', 0);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    expect(JSON.stringify(resourcesOf(template, 'AWS::Lambda::Function'))).not.toContain('ORIGIN_SECRET_ARN');
    expect(JSON.stringify(stack.resolve(dataPlane.url))).toContain('.execute-api.eu-west-1.');
  });

  it('gives up tables and key with the stack when it is told to', () => {
    const template = synthesizeDataPlane({ removalPolicy: RemovalPolicy.DESTROY });

    const stateful = ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key'].flatMap((type) =>
      Object.values(resourcesOf(template, type)),
    );

    expect(new Set(stateful.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Delete']));
  });

  it.each([{ webAclArn }, { domainNames: ['ai.example.com'] }, { mutualTls }])(
    'refuses %j without a distribution',
    (props) => {
      const build = () => synthesizeDataPlane({ distribution: false, ...props });

      expect(build).toThrow(`\`${Object.keys(props)[0]}\` has no effect when \`distribution\` is false`);
    },
  );

  it('puts CloudFront in front of the function itself, which then checks the header and has no REST API', () => {
    const template = synthesizeDataPlane({ origin: 'function-url' });

    const { Properties } = onlyResource(template, 'AWS::CloudFront::Distribution');

    template.resourceCountIs('AWS::Lambda::Url', 1);
    expect(JSON.stringify(template.toJSON())).not.toContain('AWS::ApiGateway');
    expect(JSON.stringify(Properties['DistributionConfig'])).toMatch(
      /"Fn::GetAtt":\["DataPlaneFunctionUrl\w+","FunctionUrl"\].*x-gateway-origin-verify/,
    );
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { ORIGIN_SECRET_ARN: { Ref: 'DataPlaneOriginSecret3AFE13B2' } } },
    });
  });

  it('reaches a function URL without a distribution by its own address, if somebody else adds the header', () => {
    const stack = emptyStack();
    const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:origin-AbCdEf';
    const originSecret = Secret.fromSecretCompleteArn(stack, 'Secret', arn);

    const { url } = new DataPlane(stack, 'DataPlane', {
      bundlesPath: bundlesFolder(),
      distribution: false,
      origin: 'function-url',
      originSecret,
    });

    expect(JSON.stringify(stack.resolve(url))).toContain('FunctionUrl');
  });

  it('makes mutual TLS the only way to the API, and keeps the secret header as a second door', () => {
    const template = synthesizeDataPlane({ mutualTls });

    const { Properties } = onlyResource(template, 'AWS::CloudFront::Distribution');

    template.hasResourceProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: true });
    template.resourceCountIs('AWS::ApiGateway::DomainName', 1);
    expect(Properties['DistributionConfig']).toMatchObject({
      Origins: [
        {
          DomainName: mutualTls.domainName,
          OriginCustomHeaders: [{ HeaderName: 'x-gateway-origin-verify' }],
          CustomOriginConfig: { OriginMtlsConfig: { ClientCertificateArn: mutualTls.clientCertificateArn } },
        },
      ],
    });
    expect(JSON.stringify(resourcesOf(template, 'AWS::Lambda::Function'))).toContain('ORIGIN_SECRET_ARN');
  });

  it('publishes the API anew when its endpoint is disabled, since a stage goes on answering there until then', () => {
    const [open, closed] = [synthesizeDataPlane(), synthesizeDataPlane({ mutualTls })];

    const deployments = [open, closed].map((one) => Object.keys(resourcesOf(one, 'AWS::ApiGateway::Deployment')));

    expect(deployments[0]).not.toEqual(deployments[1]);
    expect(JSON.stringify(open.toJSON())).not.toContain('DisableExecuteApiEndpoint');
  });

  it.each([
    ['mutualTls', { mutualTls }],
    ['tenantIsolation', { tenantIsolation: true }],
    ['throttlingRateLimit', { throttlingRateLimit: 5 }],
    ['throttlingBurstLimit', { throttlingBurstLimit: 5 }],
  ])('refuses a function URL with %s', (setting, props) => {
    const build = () => synthesizeDataPlane({ origin: 'function-url', ...props });

    expect(build).toThrow(
      `\`origin\` must be "rest-api" with \`${setting}\`, which only API Gateway offers, got: function-url`,
    );
  });

  it('refuses a function URL that nothing would stand in front of', () => {
    const build = () => synthesizeDataPlane({ origin: 'function-url', distribution: false });

    expect(build).toThrow(
      /^`origin` must be "rest-api" where no CloudFront adds the origin header .*, got: function-url$/,
    );
  });
});
