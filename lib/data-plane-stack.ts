import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { placeFunctions } from './compute/function-network.ts';
import { GradualRelease } from './compute/gradual-release.ts';
import { DataPlane } from './data-plane/data-plane.ts';
import type { DataPlaneProps } from './data-plane/data-plane.ts';
import type { DeploymentConfig } from './deployment-config.ts';
import { DataPlaneMonitoring } from './observability/data-plane-monitoring.ts';
import { existingTables } from './storage/existing-resources.ts';

export interface DataPlaneStackProps extends StackProps {
  readonly config: DeploymentConfig;

  /**
   * ARN of a web ACL of scope CLOUDFRONT.
   *
   * @default - no web ACL
   */
  readonly webAclArn?: string;

  /**
   * Folder with the built bundles.
   *
   * @default - what `npm run build` made
   */
  readonly bundlesPath?: string;
}

/** The data plane of one region. */
export class DataPlaneStack extends Stack {
  readonly dataPlane: DataPlane;
  readonly monitoring: DataPlaneMonitoring;

  constructor(scope: Construct, id: string, props: DataPlaneStackProps) {
    const { config, webAclArn, bundlesPath, ...stackProps } = props;
    const keepsData = config.dataProtection === 'retain';
    super(scope, id, {
      description: 'Gatehouse data plane: serves model traffic',
      terminationProtection: keepsData,
      ...stackProps,
    });

    this.dataPlane = new DataPlane(this, 'DataPlane', {
      ...config.proxy,
      ...config.throttling,
      bedrock: config.bedrock,
      origin: config.origin,
      tenantIsolation: config.tenantIsolation,
      ...(config.mutualTls !== undefined && { mutualTls: config.mutualTls }),
      distribution: config.edge === 'cloudfront',
      cloudWatchRole: config.apiGatewayLogRole,
      logRetention: config.logRetentionDays,
      recoveryPeriodInDays: config.recoveryPeriodInDays,
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...this.#existing(config),
      ...(bundlesPath !== undefined && { bundlesPath }),
      ...(webAclArn !== undefined && { webAclArn }),
      ...(config.originSecretVersion !== undefined && { originSecretVersion: config.originSecretVersion }),
      ...(config.domainNames.length > 0 && { domainNames: config.domainNames }),
      ...(config.certificateArn !== undefined && {
        certificate: Certificate.fromCertificateArn(this, 'Certificate', config.certificateArn),
      }),
    });
    this.monitoring = this.#monitoring(config);
    if (config.vpc !== undefined) placeFunctions(this, config.vpc);

    new CfnOutput(this, 'ProxyUrl', { value: this.dataPlane.url, description: 'Base URL for callers' });
    const { mutualTlsDomain } = this.dataPlane;
    if (mutualTlsDomain !== undefined) {
      new CfnOutput(this, 'MutualTlsTarget', {
        value: mutualTlsDomain.target,
        description: `What the DNS record of ${mutualTlsDomain.domainName} must point to`,
      });
      new CfnOutput(this, 'MutualTlsTargetHostedZoneId', { value: mutualTlsDomain.targetHostedZoneId });
    }
    const { originSecret } = this.dataPlane;
    if (originSecret !== undefined) new CfnOutput(this, 'OriginSecretArn', { value: originSecret.secretArn });
    new CfnOutput(this, 'VaultKeyArn', { value: this.dataPlane.vaultKey.key.keyArn });
    for (const [name, table] of Object.entries(this.dataPlane.tables)) {
      new CfnOutput(this, `${name.charAt(0).toUpperCase()}${name.slice(1)}TableName`, { value: table.tableName });
    }
  }

  #monitoring({ monitoring, release, proxy }: DeploymentConfig): DataPlaneMonitoring {
    const { dataPlane } = this;
    const observed = new DataPlaneMonitoring(this, 'DataPlaneMonitoring', {
      dataPlane,
      settings: monitoring,
      ...(proxy.reservedConcurrentExecutions !== undefined && {
        reservedConcurrentExecutions: proxy.reservedConcurrentExecutions,
      }),
    });
    if (release !== 'all-at-once') {
      new GradualRelease(this, 'ProxyRelease', {
        alias: dataPlane.proxy.alias,
        pace: release,
        alarms: observed.againstRelease,
        ...(observed.topic !== undefined && { topic: observed.topic }),
      });
    }
    return observed;
  }

  #existing({ existing }: DeploymentConfig): Pick<DataPlaneProps, 'tables' | 'vaultKey' | 'encryptionKey'> {
    if (existing === undefined) return {};
    const scope = new Construct(this, 'Existing');
    const { vaultKeyArn, tableKeyArn } = existing;
    return {
      tables: existingTables(scope, existing.tables, dataTableNames),
      ...(vaultKeyArn !== undefined && { vaultKey: Key.fromKeyArn(scope, 'VaultKey', vaultKeyArn) }),
      ...(tableKeyArn !== undefined && { encryptionKey: Key.fromKeyArn(scope, 'TableKey', tableKeyArn) }),
    };
  }
}

const dataTableNames = ['policy', 'meter', 'requests', 'vault', 'evidence', 'usage'] as const;
