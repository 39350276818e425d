import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct } from 'constructs';
import { DataPlane } from './data-plane/data-plane.ts';
import type { DeploymentConfig } from './deployment-config.ts';

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
      distribution: config.edge === 'cloudfront',
      cloudWatchRole: config.apiGatewayLogRole,
      logRetention: config.logRetentionDays,
      recoveryPeriodInDays: config.recoveryPeriodInDays,
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(bundlesPath !== undefined && { bundlesPath }),
      ...(webAclArn !== undefined && { webAclArn }),
      ...(config.originSecretVersion !== undefined && { originSecretVersion: config.originSecretVersion }),
      ...(config.domainNames.length > 0 && { domainNames: config.domainNames }),
      ...(config.certificateArn !== undefined && {
        certificate: Certificate.fromCertificateArn(this, 'Certificate', config.certificateArn),
      }),
    });

    new CfnOutput(this, 'ProxyUrl', { value: this.dataPlane.url, description: 'Base URL for callers' });
    new CfnOutput(this, 'VaultKeyArn', { value: this.dataPlane.vaultKey.key.keyArn });
    for (const [name, table] of Object.entries(this.dataPlane.tables)) {
      new CfnOutput(this, `${name.charAt(0).toUpperCase()}${name.slice(1)}TableName`, { value: table.tableName });
    }
  }
}
