import { expect } from 'vitest';
import { type Claims, resourcesOfType, templateOf, type Variant } from './variant.ts';

const dataPlane = 'Gatehouse-DataPlane-eu-west-1';
const controlPlane = 'Gatehouse-ControlPlane';
const key = (digit: number) =>
  `arn:aws:kms:eu-west-1:111122223333:key/${String(digit).repeat(4)}abcd-12ab-34cd-56ef-1234567890ab`;

function tableIds(variant: Variant, stack: string): string[] {
  return Object.entries(templateOf(variant, stack).Resources)
    .filter(([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable')
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
}

function environment(variant: Variant, stack: string, description: string): unknown {
  const found = resourcesOfType(templateOf(variant, stack), 'AWS::Lambda::Function').find(({ Properties }) =>
    String(Properties['Description']).includes(description),
  );
  return found?.Properties['Environment'];
}

export const existingResources: Claims = {
  'makes only the tables that are not there': (variant) => {
    expect(tableIds(variant, dataPlane).toSorted()).toEqual(
      ['Evidence', 'Policy', 'Usage', 'Vault'].map((name) => `DataPlane${name}Table`),
    );
    expect(tableIds(variant, controlPlane)).toEqual([]);
  },
  'encrypts new tables with the given key and makes none of its own': (variant) => {
    const tables = resourcesOfType(templateOf(variant, dataPlane), 'AWS::DynamoDB::GlobalTable');
    expect(tables.map(({ Properties }) => Properties['Replicas'])).toEqual(
      tables.map(() => [expect.objectContaining({ SSESpecification: { KMSMasterKeyId: key(2) } })]),
    );
    const keys = Object.values(variant.templates).flatMap((template) => resourcesOfType(template, 'AWS::KMS::Key'));
    expect(keys).toEqual([]);
  },
  'hands the functions the names that were given': (variant) => {
    expect(environment(variant, dataPlane, 'serves model traffic')).toMatchObject({
      Variables: { TABLE_METER: 'gatehouse-meter', TABLE_REQUESTS: 'gatehouse-requests', VAULT_KEY_ARN: key(1) },
    });
    expect(environment(variant, controlPlane, 'admin API')).toMatchObject({
      Variables: { TABLE_CONTROL: 'gatehouse-control', TABLE_AUDIT: 'gatehouse-audit' },
    });
    expect(JSON.stringify(environment(variant, controlPlane, 'admin API'))).toContain('gatehouse-meter');
  },
  'adds up usage from the stream of the given table': (variant) => {
    const mappings = resourcesOfType(templateOf(variant, dataPlane), 'AWS::Lambda::EventSourceMapping');
    expect(mappings.map(({ Properties }) => Properties['EventSourceArn'])).toEqual([
      'arn:aws:dynamodb:eu-west-1:111122223333:table/gatehouse-requests/stream/2026-01-01T00:00:00.000',
    ]);
  },
  'lets functions use the keys of tables through DynamoDB only': (variant) => {
    const statements = [dataPlane, controlPlane].flatMap((stack) =>
      resourcesOfType(templateOf(variant, stack), 'AWS::IAM::Policy').flatMap(
        ({ Properties }) => (Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] }).Statement,
      ),
    );
    const allowed = (arn: string) =>
      statements.filter(({ Effect, Resource }) => Effect === 'Allow' && JSON.stringify(Resource).includes(arn));
    for (const arn of [key(2), key(4)]) {
      expect(allowed(arn).length).toBeGreaterThan(0);
      expect(allowed(arn).map(({ Condition }) => Condition)).toEqual(
        allowed(arn).map(() => ({ StringEquals: { 'kms:ViaService': 'dynamodb.eu-west-1.amazonaws.com' } })),
      );
    }
  },
  'puts the given web ACL and certificate before the given domain': (variant) => {
    const [distribution] = resourcesOfType(templateOf(variant, dataPlane), 'AWS::CloudFront::Distribution');
    expect(distribution?.Properties['DistributionConfig']).toMatchObject({
      Aliases: ['ai.example.com'],
      WebACLId: expect.stringContaining(':global/webacl/corporate/'),
      ViewerCertificate: { AcmCertificateArn: expect.stringContaining(':acm:us-east-1:') },
    });
    expect(variant.gatehouse.edge).toBeUndefined();
  },
};
