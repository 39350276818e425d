import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { CfnKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { DataPlane } from '../data-plane/data-plane.ts';
import type { AccessibleTable } from '../storage/table-access.ts';
import { VaultKey } from '../storage/vault-key.ts';
import type { ManagedDataPlane } from './managed-data-plane.ts';

/**
 * A data plane of the same app in another region than the control plane's. CDK's tables and keys want physical names before another
 * region may refer to them, which would make a replacement impossible; the attributes of their CloudFormation resources do not, and
 * arrive as outputs of that stack that are read when the control plane is deployed.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
 */
export function dataPlaneOfRegion(scope: Construct, region: string, dataPlane: DataPlane): ManagedDataPlane {
  const { url, tables, vaultKey } = dataPlane;
  const inOtherRegion = new Construct(scope, `DataPlane-${region}`);
  const key = Key.fromKeyArn(inOtherRegion, 'Key', keyArn(vaultKey.key));
  return {
    region,
    url,
    tables: {
      policy: tableAttributes(region, tables.policy),
      meter: tableAttributes(region, tables.meter),
      requests: tableAttributes(region, tables.requests),
      vault: tableAttributes(region, tables.vault),
      usage: tableAttributes(region, tables.usage),
      evidence: tableAttributes(region, tables.evidence),
    },
    vaultKey: new VaultKey(inOtherRegion, 'VaultKey', { key }),
  };
}

/** An imported table is no resource of that stack: its name is known. */
function tableAttributes(region: string, table: ITableV2): AccessibleTable {
  const resource = table.node.defaultChild;
  if (!(resource instanceof CfnGlobalTable)) return table;
  return { tableName: resource.ref, tableArn: resource.attrArn, encryptionKey: table.encryptionKey, env: { region } };
}

function keyArn(key: IKey): string {
  const resource = key.node.defaultChild;
  return resource instanceof CfnKey ? resource.attrArn : key.keyArn;
}
