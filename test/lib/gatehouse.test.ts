import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stage, Validations } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { parseDeploymentConfig } from '../../lib/deployment-config.ts';
import type { DeploymentSettings } from '../../lib/deployment-config.ts';
import { Gatehouse } from '../../lib/gatehouse.ts';
import { everyControlPlaneSetting } from './control-plane/every-setting.ts';
import { bundlesFolder, featureFlags } from './synthesize.ts';

const reportSchema = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(z.object({ ruleName: z.string(), violatingConstructs: z.array(z.unknown()) })),
    }),
  ),
});

/** What the packs report; CDK's own type has a logical id in its place. */
const violatingResource = z.object({ constructPath: z.string() });

function build(settings: DeploymentSettings = {}, context: Record<string, unknown> = featureFlags) {
  const app = new App({ context, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  const gatehouse = new Gatehouse(app, 'Gatehouse', {
    config: parseDeploymentConfig(settings),
    bundlesPath: bundlesFolder(),
  });
  return { app, gatehouse };
}

/** The same with what it would acknowledge noted down in place of being acknowledged. */
function buildWithoutAcknowledgements(settings: DeploymentSettings) {
  const acknowledged: { id: string; path: string; reason: string }[] = [];
  const scopes = vi.spyOn(Validations, 'of').mockImplementation((scope) => {
    const note = (...rules: { id: string; reason?: string }[]) =>
      acknowledged.push(...rules.map(({ id, reason = '' }) => ({ id, path: scope.node.path, reason })));
    return { acknowledge: note, addPlugins: () => {} } as unknown as Validations;
  });
  const built = build(settings);
  scopes.mockRestore();
  return { ...built, acknowledged };
}

/** Rules that the validation report of a synth names, warnings of the CDK included, which synth lets pass. */
function findings(app: App): string[] {
  const { directory } = app.synth();
  const report: unknown = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  return reportSchema
    .parse(report)
    .pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}

function templatesOf(app: App): Record<string, string> {
  const { directory } = app.synth();
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    paths
      .filter((path) => path.endsWith('.template.json'))
      .map((path) => [path, readFileSync(join(directory, path), 'utf8')]),
  );
}

const variants: [string, DeploymentSettings][] = [
  ['the default', {}],
  ['two regions without a web ACL', { regions: ['eu-west-1', 'us-west-2'], webAcl: 'none' }],
  ['no control plane', { controlPlane: false }],
  ['sign-in by other issuers only', { controlPlane: { signIn: { cognito: false } } }],
  ['an optional second factor, federation and a second data plane', { controlPlane: everyControlPlaneSetting }],
  ['no edge', { edge: 'none', dataProtection: 'destroy' }],
  [
    'a domain with provisioned concurrency',
    {
      domainNames: ['ai.example.com'],
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1234abcd',
      proxy: { provisionedConcurrentExecutions: 2, reservedConcurrentExecutions: 20 },
    },
  ],
];

describe('Gatehouse', () => {
  it.each(variants)('leaves no finding of AwsSolutions or Serverless unacknowledged: %s', (_variant, settings) => {
    const { app } = build(settings);

    const found = findings(app);

    expect(found).toEqual([]);
  });

  it('leaves none with every feature flag off', () => {
    const { app } = build({}, {});

    const found = findings(app);

    expect(found.filter((rule) => !rule.startsWith('Annotation::'))).toEqual([]);
  });

  it('refuses to synthesize a finding that nobody acknowledged', () => {
    const { app, gatehouse } = build();
    new Role(gatehouse.dataPlanes[0]!, 'Extra', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')],
    });

    const synthesize = () => app.synth();

    expect(synthesize).toThrow(/AwsSolutions-IAM4\[Policy::.*AdministratorAccess\]/);
  });

  it('acknowledges, beside each resource, only rules that would fire there', () => {
    const { app, gatehouse, acknowledged } = buildWithoutAcknowledgements({ webAcl: 'none' });

    const fired = [new AwsSolutionsChecks(app), new ServerlessChecks(app)].flatMap((pack) =>
      pack.validateScope(gatehouse).violations.flatMap(({ ruleName, violatingResources }) =>
        z
          .array(violatingResource)
          .parse(violatingResources)
          .map(({ constructPath }) => ({ id: ruleName, path: constructPath })),
      ),
    );

    const idle = acknowledged.filter(
      (one) => !fired.some(({ id, path }) => id === one.id && path.startsWith(one.path)),
    );
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(idle).toEqual([]);
    expect(acknowledged.filter(({ reason }) => reason.length < 60)).toEqual([]);
  });

  it('gives the same templates for the same source, byte for byte', () => {
    const [first, second] = [build(), build()];

    const templates = templatesOf(first.app);

    expect(Object.keys(templates)).toHaveLength(3);
    expect(templatesOf(second.app)).toEqual(templates);
  });

  it('puts the web ACL in us-east-1 and hands its ARN to other regions without custom resources', () => {
    const { gatehouse } = build({ regions: ['eu-west-1', 'ap-southeast-2'] });

    const dataPlanes = gatehouse.dataPlanes.map((stack) => ({ stack, template: Template.fromStack(stack) }));

    expect(gatehouse.edge?.region).toBe('us-east-1');
    expect(dataPlanes.map(({ stack }) => stack.region)).toEqual(['eu-west-1', 'ap-southeast-2']);
    for (const { stack, template } of dataPlanes) {
      expect(stack.dependencies).toContain(gatehouse.edge);
      expect(JSON.stringify(template.toJSON())).toMatch(
        /"WebACLId":\{"Fn::GetStackOutput":\{"StackName":"Gatehouse-Edge","Region":"us-east-1"/,
      );
      expect(Object.keys(template.findResources('Custom::CrossRegionExportReader'))).toEqual([]);
    }
  });

  it('deploys the control plane after every data plane, and no data plane after it', () => {
    const { app, gatehouse } = build({ regions: ['eu-west-1', 'us-west-2'] });
    app.synth();

    const after = (stack: Stack | undefined) => stack?.dependencies.map(({ node }) => node.path);

    expect(after(gatehouse.controlPlane)?.toSorted()).toEqual([
      'Gatehouse/DataPlane-eu-west-1',
      'Gatehouse/DataPlane-us-west-2',
    ]);
    expect(gatehouse.dataPlanes.map(after)).toEqual([['Gatehouse/Edge'], ['Gatehouse/Edge']]);
  });

  it('keeps what data planes had before there was a control plane, since a new id is an empty table or another address', () => {
    const { gatehouse } = build();
    const resources = { ...resourcesIn(gatehouse.dataPlanes[0]!), ...resourcesIn(gatehouse.edge!) };

    const kept = Object.keys(deployedBefore).map((id) => [id, identityOf(resources[id])]);

    expect(Object.fromEntries(kept)).toEqual(deployedBefore);
  });

  it('brings an existing web ACL, and then has no edge stack', () => {
    const webAcl = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/ours/1234abcd';

    const { gatehouse } = build({ webAcl });

    expect(gatehouse.edge).toBeUndefined();
    Template.fromStack(gatehouse.dataPlanes[0]!).hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: { WebACLId: webAcl },
    });
  });

  it.each([
    ['retain', true],
    ['destroy', false],
  ] as const)('with data protection %s sets termination protection to %s', (dataProtection, expected) => {
    const { gatehouse } = build({ dataProtection });

    expect(gatehouse.dataPlanes.map(({ terminationProtection }) => terminationProtection)).toEqual([expected]);
  });

  it('is deployed whole by `--all`, which looks for the stacks of the app and not into stages', () => {
    const { app, gatehouse } = build({ regions: ['eu-west-1', 'us-west-2'] });
    const stacks = [gatehouse.edge!, ...gatehouse.dataPlanes, gatehouse.controlPlane!].map(
      ({ stackName }) => stackName,
    );

    const { stacks: found } = app.synth();

    expect(found.map(({ stackName }) => stackName).toSorted()).toEqual(stacks.toSorted());
  });

  it('names its stacks after the stage it is put into, so that two stages fit into one account', () => {
    const app = new App({ context: featureFlags, analyticsReporting: false });
    const config = parseDeploymentConfig({ regions: ['eu-west-1'] });

    const staged = new Gatehouse(new Stage(app, 'Production'), 'Gatehouse', { config, bundlesPath: bundlesFolder() });

    expect(staged.edge?.stackName).toBe('Production-Gatehouse-Edge');
    expect(staged.dataPlanes.map(({ stackName }) => stackName)).toEqual(['Production-Gatehouse-DataPlane-eu-west-1']);
  });

  it.each(['GatehouseEdge', 'GatehouseDataPlane', 'GatehouseControlPlane'])(
    'synthesizes the stack %s that was reviewed',
    (prefix) => {
      const { app } = build();

      const templates = Object.entries(templatesOf(app));

      const [, template] = templates.find(([path]) => path.includes(prefix)) ?? [];
      expect(redacted(template ?? '')).toMatchSnapshot();
    },
  );
});

/** Type and, for tables, keys: a changed one makes CloudFormation replace the resource. */
const deployedBefore: Readonly<Record<string, string>> = {
  DataPlanePolicyTable3EF1DA24: 'AWS::DynamoDB::GlobalTable pk',
  DataPlaneMeterTable6483ECAF: 'AWS::DynamoDB::GlobalTable pk',
  DataPlaneRequestsTable1D258B4A: 'AWS::DynamoDB::GlobalTable pk sk',
  DataPlaneVaultTableE6461BE2: 'AWS::DynamoDB::GlobalTable pk sk',
  DataPlaneEvidenceTableAB735B8D: 'AWS::DynamoDB::GlobalTable pk sk',
  DataPlaneVaultKeyFA701497: 'AWS::KMS::Key',
  DataPlaneOriginSecret3AFE13B2: 'AWS::SecretsManager::Secret',
  DataPlaneApiE5445088: 'AWS::ApiGateway::RestApi',
  DataPlaneEdgeF6685925: 'AWS::CloudFront::Distribution',
  WebAclE76B067C: 'AWS::WAFv2::WebACL',
};

type Resources = Record<string, { Type: string; Properties?: { KeySchema?: { AttributeName: string }[] } }>;

function resourcesIn(stack: Stack): Resources {
  return (Template.fromStack(stack).toJSON() as { Resources: Resources }).Resources;
}

function identityOf(resource: Resources[string] | undefined): string {
  const keys = resource?.Properties?.KeySchema ?? [];
  return [resource?.Type, ...keys.map(({ AttributeName }) => AttributeName)].join(' ');
}

/** Hashes of assets, deployments and versions change with the bundle, not with the stack. */
function redacted(template: string): unknown {
  return JSON.parse(
    template
      .replaceAll(/[0-9a-f]{64}/g, '[asset]')
      .replaceAll(/((?:Deployment|CurrentVersion)[0-9A-F]{8})[0-9a-f]{32}/g, '$1[hash]'),
  );
}
