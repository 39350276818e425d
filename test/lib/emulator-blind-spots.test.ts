import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type TableDefinition, tables } from '../../lambdas/store/tables.ts';
import { describeTemplates, synthesizeAssembly } from '../../scripts/keep-release.ts';
import { bundlesFolder } from './synthesize.ts';

/*
 * What the emulator of test/deploy takes from a template and does nothing about. A deployment there proves none of it, so it is
 * asserted here of the very templates that are deployed. Other files that do so are named at the end.
 */

interface Resource {
  readonly Type: string;
  // A template is what CloudFormation makes of it; a test says what it expects by looking at it.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly Properties?: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: object;
}

let resources: Readonly<Record<string, Resource>>;

beforeAll(() => {
  const assembly = mkdtempSync(join(tmpdir(), 'gatehouse-blind-spots-'));
  const bundles = bundlesFolder();
  synthesizeAssembly(assembly, bundles);
  const templates = Object.values(describeTemplates(assembly, bundles));
  for (const folder of [assembly, bundles]) rmSync(folder, { recursive: true });
  resources = Object.assign({}, ...templates.map((text) => (JSON.parse(text) as { Resources: object }).Resources));
});

const ofType = (type: string): readonly Resource[] => Object.values(resources).filter(({ Type }) => Type === type);

/** The only resource of a type. */
function only(type: string): Resource {
  const found = ofType(type);
  expect(found, type).toHaveLength(1);
  return found[0]!;
}

describe.each(Object.entries<TableDefinition>(tables))('table %s', (name, definition) => {
  /** Construct ids end in the table's name, or have it before `Table`. */
  const table = (): Resource => {
    const id = new RegExp(`(${name}Table|Tables${name})[0-9A-F]{8}$`, 'i');
    const [found, ...others] = Object.entries(resources).filter(([logicalId]) => id.test(logicalId));
    expect(others).toEqual([]);
    return found![1];
  };

  it('expires items by the attribute that the store writes, and only where it does', () => {
    const { timeToLiveAttribute } = definition;

    expect(table().Properties.TimeToLiveSpecification).toEqual(
      timeToLiveAttribute === undefined ? undefined : { AttributeName: timeToLiveAttribute, Enabled: true },
    );
  });

  it('can be recovered to a point in time if it is a ledger, and leaves no copy otherwise', () => {
    const recovery = table().Properties.Replicas[0].PointInTimeRecoverySpecification;

    expect(recovery?.PointInTimeRecoveryEnabled ?? false).toBe(definition.recovery === 'ledger');
  });

  it('is protected from deletion and outlives its stack', () => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = table();

    expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(true);
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  it('is encrypted under the control plane’s own key where it belongs to it, and by DynamoDB’s otherwise', () => {
    const { SSESpecification, Replicas } = table().Properties;

    expect(SSESpecification?.SSEType).toBe(definition.plane === 'control' ? 'KMS' : undefined);
    expect(Replicas[0].SSESpecification?.KMSMasterKeyId !== undefined).toBe(definition.plane === 'control');
  });
});

describe('keys, users and secrets', () => {
  it('rotate and outlive their stacks', () => {
    const keys = ofType('AWS::KMS::Key').filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    const pool = only('AWS::Cognito::UserPool');

    expect(keys.map(({ Properties }) => Properties.EnableKeyRotation)).toEqual([true, true]);
    expect(keys.map(({ UpdateReplacePolicy }) => UpdateReplacePolicy)).toEqual(['Retain', 'Retain']);
    expect([pool.DeletionPolicy, pool.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(pool.Properties.DeletionProtection).toBe('ACTIVE');
  });

  it('are generated with characters that every header can carry', () => {
    for (const { Properties } of ofType('AWS::SecretsManager::Secret')) {
      expect(Properties.GenerateSecretString).toMatchObject({ PasswordLength: 64, ExcludePunctuation: true });
    }
  });
});

describe('the edge', () => {
  it('has the web ACL on the distribution, and another on the admin API', () => {
    const { WebACLId } = only('AWS::CloudFront::Distribution').Properties.DistributionConfig;
    const association = only('AWS::WAFv2::WebACLAssociation').Properties;

    expect(JSON.stringify(WebACLId)).toContain('WebAcl');
    expect(JSON.stringify(association.ResourceArn)).toContain('ControlPlaneApiDeploymentStage');
    expect(JSON.stringify(association.WebACLArn)).toContain('ControlPlaneApiWebAcl');
  });

  it('speaks TLS only, in front and behind, keeps nothing, and takes the secret from Secrets Manager', () => {
    const { DefaultCacheBehavior, Origins } = only('AWS::CloudFront::Distribution').Properties.DistributionConfig;
    const [origin] = Origins;
    const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';

    expect(DefaultCacheBehavior).toMatchObject({ ViewerProtocolPolicy: 'https-only', CachePolicyId: cachingDisabled });
    expect(origin.CustomOriginConfig).toMatchObject({
      OriginProtocolPolicy: 'https-only',
      OriginSSLProtocols: ['TLSv1.2'],
    });
    expect(JSON.stringify(origin.OriginCustomHeaders)).toContain('{{resolve:secretsmanager:');
  });
});

describe('functions', () => {
  it('are of arm64, and write to log groups that are emptied', () => {
    const functions = ofType('AWS::Lambda::Function');
    const groups = ofType('AWS::Logs::LogGroup');

    expect(functions.length).toBeGreaterThanOrEqual(4);
    expect(functions.map(({ Properties }) => Properties.Architectures)).toEqual(functions.map(() => ['arm64']));
    expect(groups.filter(({ Properties }) => Properties.RetentionInDays === undefined)).toEqual([]);
  });

  it('get the stream of records in windows, and give up to a queue', () => {
    const mapping = only('AWS::Lambda::EventSourceMapping').Properties;

    expect(mapping).toMatchObject({
      TumblingWindowInSeconds: 60,
      BisectBatchOnFunctionError: true,
      StartingPosition: 'TRIM_HORIZON',
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
  });

  it('are released through CodeDeploy, wherever an alias stands before them', () => {
    const aliases = ofType('AWS::Lambda::Alias');

    expect(aliases.length).toBeGreaterThan(0);
    for (const { UpdatePolicy } of aliases) expect(UpdatePolicy).toHaveProperty('CodeDeployLambdaAliasUpdate');
  });
});

/** Blind spots that have a file of their own. */
const elsewhere = {
  'streaming of functions and of REST APIs': [
    'test/runtime/proxy.test.ts',
    'test/lib/data-plane/streaming-api.test.ts',
  ],
  'evaluation of web ACLs': ['test/lib/edge/prompts-pass.test.ts', 'test/lib/edge/admin-protections.test.ts'],
  'condition keys of policies that the emulator lacks': [
    'test/lib/permissions/permission-table.test.ts',
    'test/lib/permissions/planes.test.ts',
  ],
  'alarms on metric math, dashboards': ['test/lib/observability/alarms.test.ts'],
  'steps of a release': ['test/lib/compute/gradual-release.test.ts'],
};

it.each(Object.entries(elsewhere))('has assertions elsewhere about %s', (_blindSpot, files) => {
  const missing = files.filter((file) => !existsSync(file));

  expect(missing).toEqual([]);
});
