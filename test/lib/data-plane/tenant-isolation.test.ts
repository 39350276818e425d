import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { DataPlane } from '../../../lib/data-plane/data-plane.ts';
import type { DataPlaneProps } from '../../../lib/data-plane/data-plane.ts';
import { bundlesFolder, emptyStack, onlyResource, resourcesOf } from '../synthesize.ts';
import type { Statement } from '../synthesize.ts';

function synthesizeDataPlane(props: DataPlaneProps = {}): Template {
  const stack = emptyStack();
  new DataPlane(stack, 'DataPlane', { bundlesPath: bundlesFolder(), tenantIsolation: true, ...props });
  return Template.fromStack(stack);
}

/** Functions by the part of their logical id that says what they are. */
function functionsOf(template: Template): [name: string, properties: Record<string, unknown>][] {
  return Object.entries(resourcesOf(template, 'AWS::Lambda::Function')).map(([id, { Properties }]) => [
    /^DataPlane([A-Za-z]+?)(?:Function)?[0-9A-F]{8}$/.exec(id)?.[1] ?? id,
    Properties,
  ]);
}

function statementsOfAuthorizer(template: Template): readonly Statement[] {
  return Object.entries(resourcesOf(template, 'AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith('DataPlaneTenantAuthorizer'))
    .flatMap(([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: readonly Statement[] }).Statement);
}

describe('tenant isolation', () => {
  it('is a mode of the proxy function and of no other', () => {
    const template = synthesizeDataPlane();

    const modes = functionsOf(template).map(([name, { TenancyConfig }]) => [name, TenancyConfig]);

    expect(Object.fromEntries(modes)).toEqual({
      Proxy: { TenantIsolationMode: 'PER_TENANT' },
      UsageRollup: undefined,
      TenantAuthorizer: undefined,
    });
  });

  it('names the tenant of every request by what the authorizer found, never by a header of the viewer', () => {
    const template = synthesizeDataPlane();

    const methods = Object.values(resourcesOf(template, 'AWS::ApiGateway::Method'));

    expect(methods).toHaveLength(2);
    for (const { Properties } of methods) {
      expect(Properties).toMatchObject({
        AuthorizationType: 'CUSTOM',
        AuthorizerId: { Ref: expect.stringMatching(/^DataPlaneTenantAuthorizer/) },
      });
      expect(Properties).not.toHaveProperty('RequestParameters');
      expect(Properties['Integration']).toMatchObject({
        ResponseTransferMode: 'STREAM',
        RequestParameters: { 'integration.request.header.X-Amz-Tenant-Id': 'context.authorizer.tenantId' },
      });
    }
  });

  it('asks the authorizer again for each request, whichever header has the key', () => {
    const template = synthesizeDataPlane();

    const { Properties } = onlyResource(template, 'AWS::ApiGateway::Authorizer');

    expect(Properties).toMatchObject({ Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0 });
    expect(Properties).not.toHaveProperty('IdentitySource');
  });

  it('lets the authorizer read policy and its own log group, and refuses it every write anywhere', () => {
    const template = synthesizeDataPlane();

    const statements = statementsOfAuthorizer(template);

    expect(statements).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^DataPlaneTenantAuthorizerFunctionLogs/), 'Arn'] },
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:GetItem',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^DataPlanePolicyTable/), 'Arn'] },
      },
      {
        Effect: 'Deny',
        Action: [
          'dynamodb:BatchWriteItem',
          'dynamodb:DeleteItem',
          'dynamodb:PartiQLDelete',
          'dynamodb:PartiQLInsert',
          'dynamodb:PartiQLUpdate',
          'dynamodb:PutItem',
          'dynamodb:Scan',
          'dynamodb:UpdateItem',
        ],
        Resource: '*',
      },
    ]);
  });

  it('tells the authorizer the policy table and no secret', () => {
    const template = synthesizeDataPlane();

    const environment = Object.fromEntries(functionsOf(template))['TenantAuthorizer']?.['Environment'];

    expect(environment).toEqual({
      Variables: {
        TABLE_POLICY: { Ref: expect.stringMatching(/^DataPlanePolicyTable/) },
        OTEL_SERVICE_NAME: expect.any(String),
      },
    });
  });

  it('is off unless it is asked for, and then there is no authorizer', () => {
    const template = synthesizeDataPlane({ tenantIsolation: false });

    template.resourceCountIs('AWS::ApiGateway::Authorizer', 0);
    expect(JSON.stringify(template.toJSON())).not.toMatch(/Tenan/);
  });

  it('publishes the API anew when it is switched on, so that the stage does not go on calling the function it replaces', () => {
    const [before, after] = [synthesizeDataPlane({ tenantIsolation: false }), synthesizeDataPlane()];

    const deployments = [before, after].map((one) => Object.keys(resourcesOf(one, 'AWS::ApiGateway::Deployment')));

    expect(deployments[0]).not.toEqual(deployments[1]);
  });

  it('refuses environments kept warm for nobody in particular', () => {
    const build = () => synthesizeDataPlane({ provisionedConcurrentExecutions: 5 });

    expect(build).toThrow('`provisionedConcurrentExecutions` must be 0 with `tenantIsolation`, got: 5');
  });
});
