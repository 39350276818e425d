import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { bundlePath } from '../compute/bundles.ts';
import { AdminApi } from './admin-api.ts';
import type { AdminApiOptions } from './admin-api.ts';
import { AdminFunction } from './admin-function.ts';
import { BootstrapToken } from './bootstrap-token.ts';
import { ControlTables } from './control-tables.ts';
import type { ExistingControlTables } from './control-tables.ts';
import type { ManagedDataPlane } from './managed-data-plane.ts';
import type { OidcIssuer } from './oidc-issuer.ts';
import { Reconcile } from './reconcile.ts';
import { SignIn } from './sign-in.ts';
import type { SignInOptions } from './sign-in.ts';

/** A function's environment is 4 KB, and a data plane is about 700 bytes of it. */
const mostDataPlanes = 4;

export interface ControlPlaneProps extends AdminApiOptions {
  /** Data planes that policy is published to, the home region's first. One to four. */
  readonly dataPlanes: readonly ManagedDataPlane[];

  /**
   * Whether there is a user pool for the people who run Gatehouse.
   *
   * @default true
   */
  readonly userPool?: boolean;

  /**
   * Settings of the user pool.
   *
   * @default - a second factor is required, nobody signs up, no federation
   */
  readonly signIn?: SignInOptions;

  /**
   * Issuers whose tokens are accepted beside the user pool's.
   *
   * @default - none
   */
  readonly oidcIssuers?: readonly OidcIssuer[];

  /**
   * Existing secret `{"current"}` with the bootstrap token.
   *
   * @default - a new secret with a generated token
   */
  readonly bootstrapToken?: ISecret;

  /**
   * Whether declared providers may lie at loopback and private addresses. The proxy needs `ALLOW_PRIVATE_ADDRESSES` to reach them.
   *
   * @default false
   */
  readonly allowPrivateProviders?: boolean;

  /**
   * Time between two reconcile runs, whole minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly reconcileInterval?: Duration;

  /**
   * Tables of a control plane that was there before.
   *
   * @default - both tables are new
   */
  readonly tables?: ExistingControlTables;

  /**
   * Existing key for new tables. Not the vault key of a data plane, with which the control plane may not decrypt.
   *
   * @default - a new key with yearly rotation
   */
  readonly encryptionKey?: IKey;

  /**
   * Folder with the built bundles, each in a folder named for its function: `admin`, `reconcile`.
   *
   * @default - what `npm run build` made
   */
  readonly bundlesPath?: string;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * Days of point-in-time recovery, 7 to 35.
   *
   * @default 7
   */
  readonly recoveryPeriodInDays?: number;

  /**
   * What happens to new tables, their key and the users when the stack is deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Everything that manages data planes, and nothing that serves model traffic: without it they go on with the policy they have.
 *
 * @example
 *
 *    new ControlPlane(this, 'ControlPlane', {
 *      dataPlanes: [{ region: 'eu-west-1', url: dataPlane.url, tables: dataPlane.tables, vaultKey: dataPlane.vaultKey }],
 *    });
 */
export class ControlPlane extends Construct {
  readonly tables: ControlTables;
  readonly signIn: SignIn | undefined;
  readonly bootstrapToken: ISecret;
  readonly admin: AdminFunction;
  readonly api: AdminApi;
  readonly reconcile: Reconcile;
  /** Base URL of the admin API, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ControlPlaneProps) {
    super(scope, id);
    validateDataPlanes(props.dataPlanes);
    validateEncryptionKey(props);
    validateSignIn(props);
    this.tables = new ControlTables(this, 'Tables', props);
    this.signIn = this.#newSignIn(props);
    this.bootstrapToken = props.bootstrapToken ?? new BootstrapToken(this, 'BootstrapToken').secret;

    const shared = { ...props, tables: this.tables };
    this.admin = new AdminFunction(this, 'Admin', {
      ...shared,
      codePath: bundlePath('admin', props.bundlesPath),
      bootstrapToken: this.bootstrapToken,
      oidcIssuers: [...(this.signIn === undefined ? [] : [this.signIn.issuer]), ...(props.oidcIssuers ?? [])],
    });
    this.api = new AdminApi(this, 'Api', { ...props, handler: this.admin.alias as IFunction });
    this.reconcile = new Reconcile(this, 'Reconcile', {
      ...shared,
      codePath: bundlePath('reconcile', props.bundlesPath),
      ...(props.reconcileInterval !== undefined && { interval: props.reconcileInterval }),
    });
    this.url = this.api.url;
  }

  #newSignIn(props: ControlPlaneProps): SignIn | undefined {
    if (props.userPool === false) return undefined;
    return new SignIn(this, 'SignIn', {
      ...props.signIn,
      ...(props.removalPolicy !== undefined && { removalPolicy: props.removalPolicy }),
    });
  }
}

function validateDataPlanes(dataPlanes: readonly ManagedDataPlane[]): void {
  const regions = dataPlanes.map(({ region }) => region);
  if (regions.length === 0 || regions.length > mostDataPlanes) {
    throw new Error(`\`dataPlanes\` must be 1 to ${mostDataPlanes}, got: ${regions.length}`);
  }
  if (new Set(regions).size < regions.length) {
    throw new Error(`\`dataPlanes\` must be in different regions, got: ${regions.join(', ')}`);
  }
}

function validateEncryptionKey({ dataPlanes, encryptionKey }: ControlPlaneProps): void {
  if (!dataPlanes.some(({ vaultKey }) => vaultKey.key.keyArn === encryptionKey?.keyArn)) return;
  throw new Error(
    '`encryptionKey` must not be the vault key of a data plane, with which the control plane may not decrypt',
  );
}

function validateSignIn({ userPool, signIn }: ControlPlaneProps): void {
  if (userPool === false && signIn !== undefined) throw new Error('`signIn` has no effect when `userPool` is false');
}
