import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Function, IVersion } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { bundlePath } from '../compute/bundles.ts';
import { GatehouseFunction } from '../compute/gatehouse-function.ts';
import { grantActions } from '../storage/table-access.ts';
import { grantAdminAccess } from './control-plane-access.ts';
import { controlPlaneEnvironment } from './control-plane-environment.ts';
import type { ControlPlaneScope } from './control-plane-environment.ts';
import type { OidcIssuer } from './oidc-issuer.ts';

export interface AdminFunctionProps extends ControlPlaneScope {
  /** Secret `{"current","previous"}` with the bootstrap token. Read at run time, never put in the environment. */
  readonly bootstrapToken: ISecret;

  /** Issuers whose tokens are accepted beside the bootstrap token. */
  readonly oidcIssuers: readonly OidcIssuer[];

  /**
   * Folder with the built bundle.
   *
   * @default - what `npm run build` made
   */
  readonly codePath?: string;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

/**
 * The function behind the admin API. It publishes policy and stores credentials; its role cannot open a credential again, change an
 * entry of the audit trail, or touch the counters and holds of requests under way.
 */
export class AdminFunction extends Construct {
  readonly function: Function;
  readonly role: IRole;
  /** What an API invokes: the alias `live`, which a release moves to a new version step by step. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, props: AdminFunctionProps) {
    super(scope, id);
    const admin = new GatehouseFunction(this, 'Resource', {
      codePath: props.codePath ?? bundlePath('admin'),
      description: 'Gatehouse control plane: the admin API',
      memorySize: 512,
      // The longest API Gateway waits without a change of quota.
      timeout: Duration.seconds(29),
      environment: {
        ...controlPlaneEnvironment(this, props),
        OIDC_ISSUERS: Stack.of(this).toJsonString(props.oidcIssuers),
        BOOTSTRAP_TOKEN_SECRET_ARN: props.bootstrapToken.secretArn,
      },
      ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
    });
    this.function = admin.function;
    this.role = admin.role;

    grantAdminAccess(admin.role, props.tables, props.dataPlanes);
    grantActions(admin.role, ['secretsmanager:GetSecretValue'], props.bootstrapToken.secretArn);
    props.bootstrapToken.encryptionKey?.grantDecrypt(admin.role);
    Validations.of(admin.function).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'Only API Gateway invokes it, and waits for the answer: there is no asynchronous event that could be lost.',
    });
    this.alias = new Alias(this, 'Live', {
      aliasName: 'live',
      // Under exactOptionalPropertyTypes the classes of aws-cdk-lib do not match their own interfaces.
      version: admin.function.currentVersion as IVersion,
    });
  }
}
