import type { Stack } from 'aws-cdk-lib';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { ManagedDataPlane } from '../../../lib/control-plane/managed-data-plane.ts';
import { VaultKey } from '../../../lib/storage/vault-key.ts';

/** A data plane of an existing deployment, whose tables are named for their use. */
export function managedDataPlane(stack: Stack, region = 'eu-west-1'): ManagedDataPlane {
  const scope = new Construct(stack, `Managed-${region}`);
  const table = (name: string) =>
    TableV2.fromTableArn(scope, name, `arn:aws:dynamodb:${region}:111122223333:table/${name}`);
  const key = Key.fromKeyArn(scope, 'Key', `arn:aws:kms:${region}:111122223333:key/1234abcd`);
  return {
    region,
    url: `https://${region}.example.com`,
    tables: {
      policy: table('policy'),
      meter: table('meter'),
      requests: table('requests'),
      vault: table('vault'),
      usage: table('usage'),
      evidence: table('evidence'),
    },
    vaultKey: new VaultKey(scope, 'VaultKey', { key }),
  };
}
