import {
  ArnFormat,
  CfnOutput,
  CrossStackReferences,
  Duration,
  ReferenceStrength,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { Mfa } from 'aws-cdk-lib/aws-cognito';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { placeFunctions } from './compute/function-network.ts';
import { GradualRelease } from './compute/gradual-release.ts';
import type { ControlPlaneConfig } from './control-plane/control-plane-settings.ts';
import { ControlPlane } from './control-plane/control-plane.ts';
import type { ControlPlaneProps } from './control-plane/control-plane.ts';
import { dataPlaneOfRegion } from './control-plane/data-plane-of-region.ts';
import type { ManagedDataPlane } from './control-plane/managed-data-plane.ts';
import type { SignInOptions } from './control-plane/sign-in.ts';
import type { DataPlaneStack } from './data-plane-stack.ts';
import type { DeploymentConfig } from './deployment-config.ts';
import { ControlPlaneMonitoring } from './observability/control-plane-monitoring.ts';
import { existingTables } from './storage/existing-resources.ts';
import { VaultKey } from './storage/vault-key.ts';

export interface ControlPlaneStackProps extends StackProps {
  readonly config: DeploymentConfig;

  /** Settings of the control plane, which `config.controlPlane` is unless it is false. */
  readonly settings: ControlPlaneConfig;

  /** Data plane of the home region. */
  readonly dataPlane: DataPlaneStack;

  /**
   * Data planes of the same app in other regions. Those of other deployments are in the settings.
   *
   * @default - none
   */
  readonly otherDataPlanes?: readonly DataPlaneStack[];

  /**
   * Folder with the built bundles.
   *
   * @default - what `npm run build` made
   */
  readonly bundlesPath?: string;
}

/**
 * The control plane, in the home region. It refers to data planes and no data plane to it, by references that read an output when
 * the stack is deployed: deleting it leaves every data plane as it is.
 */
export class ControlPlaneStack extends Stack {
  readonly controlPlane: ControlPlane;
  readonly monitoring: ControlPlaneMonitoring;

  constructor(scope: Construct, id: string, props: ControlPlaneStackProps) {
    const { config, settings, dataPlane, otherDataPlanes = [], bundlesPath, ...stackProps } = props;
    const keepsData = config.dataProtection === 'retain';
    super(scope, id, {
      description: 'Gatehouse control plane: manages organizations, keys, credentials and policy',
      terminationProtection: keepsData,
      ...stackProps,
    });
    // An exported value cannot change while somebody imports it, and the URL of a data plane does once it gets a domain.
    CrossStackReferences.of(this).consume(ReferenceStrength.WEAK);

    this.controlPlane = new ControlPlane(this, 'ControlPlane', {
      dataPlanes: [
        managedDataPlane(dataPlane),
        ...otherDataPlanes.map((stack) => dataPlaneOfRegion(this, stack.region, stack.dataPlane)),
        ...settings.dataPlanes.map((other) => this.#otherDataPlane(other)),
      ],
      userPool: settings.signIn.cognito,
      ...(settings.signIn.cognito && { signIn: this.#signIn(settings) }),
      oidcIssuers: settings.oidcIssuers,
      allowPrivateProviders: settings.allowPrivateProviders,
      reconcileInterval: Duration.minutes(settings.reconcileMinutes),
      webAcl: config.edge === 'cloudfront' && config.webAcl !== 'none',
      logRetention: config.logRetentionDays,
      recoveryPeriodInDays: config.recoveryPeriodInDays,
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...this.#existing(config),
      ...(bundlesPath !== undefined && { bundlesPath }),
    });
    this.monitoring = this.#monitoring(props);
    if (config.vpc !== undefined) placeFunctions(this, config.vpc);
    this.#output();
  }

  /** Alarms go where those of the home region's data plane go. */
  #monitoring({ config, settings, dataPlane }: ControlPlaneStackProps): ControlPlaneMonitoring {
    const { topic } = dataPlane.monitoring;
    const told = topic !== undefined && { topic };
    const observed = new ControlPlaneMonitoring(this, 'ControlPlaneMonitoring', {
      controlPlane: this.controlPlane,
      settings: config.monitoring,
      reconcileInterval: Duration.minutes(settings.reconcileMinutes),
      ...told,
    });
    if (config.release !== 'all-at-once') {
      new GradualRelease(this, 'AdminRelease', {
        alias: this.controlPlane.admin.alias,
        pace: config.release,
        alarms: observed.againstRelease,
        ...told,
      });
    }
    return observed;
  }

  #existing({ existing }: DeploymentConfig): Pick<ControlPlaneProps, 'tables' | 'encryptionKey'> {
    if (existing === undefined) return {};
    const scope = new Construct(this, 'Existing');
    const { controlTableKeyArn } = existing;
    return {
      tables: existingTables(scope, existing.tables, ['control', 'audit']),
      ...(controlTableKeyArn !== undefined && { encryptionKey: Key.fromKeyArn(scope, 'TableKey', controlTableKeyArn) }),
    };
  }

  #signIn({ signIn }: ControlPlaneConfig): SignInOptions {
    const { mfa, domainPrefix, callbackUrls, samlProviders, oidcProviders } = signIn;
    return {
      mfa: secondFactor[mfa],
      ...(domainPrefix !== undefined && { domainPrefix }),
      ...(callbackUrls !== undefined && { callbackUrls }),
      samlProviders,
      oidcProviders: oidcProviders.map(({ clientSecretArn, ...provider }) => ({
        ...provider,
        clientSecret: Secret.fromSecretCompleteArn(this, `${provider.name}ClientSecret`, clientSecretArn),
      })),
    };
  }

  /** By name: a reference to a resource of another region would need physical names. */
  #otherDataPlane({ url, tables, vaultKeyArn }: OtherDataPlane): ManagedDataPlane {
    const { region = '', account = '', partition } = this.splitArn(vaultKeyArn, ArnFormat.SLASH_RESOURCE_NAME);
    const scope = new Construct(this, `OtherDataPlane-${region}`);
    const table = (name: keyof typeof tables) =>
      TableV2.fromTableArn(scope, name, `arn:${partition}:dynamodb:${region}:${account}:table/${tables[name]}`);
    return {
      region,
      url,
      tables: {
        policy: table('policy'),
        meter: table('meter'),
        requests: table('requests'),
        vault: table('vault'),
        usage: table('usage'),
        evidence: table('evidence'),
      },
      vaultKey: new VaultKey(scope, 'VaultKey', { key: Key.fromKeyArn(scope, 'Key', vaultKeyArn) }),
    };
  }

  #output(): void {
    const { signIn, url, bootstrapToken } = this.controlPlane;
    new CfnOutput(this, 'AdminUrl', { value: url, description: 'Base URL of the admin API' });
    new CfnOutput(this, 'BootstrapTokenSecretArn', { value: bootstrapToken.secretArn });
    if (signIn === undefined) return;
    new CfnOutput(this, 'UserPoolId', { value: signIn.userPool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: signIn.client.userPoolClientId });
  }
}

type OtherDataPlane = ControlPlaneConfig['dataPlanes'][number];

const secondFactor = { required: Mfa.REQUIRED, optional: Mfa.OPTIONAL, off: Mfa.OFF } as const;

function managedDataPlane({ region, dataPlane }: DataPlaneStack): ManagedDataPlane {
  const { url, tables, vaultKey } = dataPlane;
  return { region, url, tables, vaultKey };
}
