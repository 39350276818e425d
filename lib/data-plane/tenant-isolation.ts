import { Duration, Validations } from 'aws-cdk-lib';
import { AuthorizationType, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import type { CfnAuthorizer, IAuthorizer, LambdaIntegrationOptions, MethodOptions } from 'aws-cdk-lib/aws-apigateway';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { TenancyConfig } from 'aws-cdk-lib/aws-lambda';
import type { CfnFunction, Function } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { tables } from '../../lambdas/store/tables.ts';
import { bundlePath } from '../compute/bundles.ts';
import { GatehouseFunction } from '../compute/gatehouse-function.ts';
import { denyActions, grantTable, itemWrites } from '../storage/table-access.ts';

export interface TenantAuthorizerProps {
  /** Compiled policy: read only. */
  readonly policy: ITableV2;

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
 * Says whose request this is, so that API Gateway can tell Lambda in which tenant's environment to run it. It refuses nobody: a key
 * that it does not know belongs to one tenant of strangers, where the proxy answers 401 in the caller's protocol.
 *
 * Asked again for each request: a cached answer would need the key's header as its cache key, and callers use four different ones.
 */
export class TenantAuthorizer extends Construct {
  readonly function: Function;
  readonly role: IRole;
  readonly authorizer: IAuthorizer;

  constructor(scope: Construct, id: string, props: TenantAuthorizerProps) {
    super(scope, id);
    const { function: handler, role } = new GatehouseFunction(this, 'Function', {
      codePath: props.codePath ?? bundlePath('tenant-authorizer'),
      description: 'Gatehouse data plane: names the tenant of a request',
      memorySize: 256,
      timeout: Duration.seconds(10),
      environment: { [tables.policy.environmentVariable]: props.policy.tableName },
      ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
    });
    this.function = handler;
    this.role = role;
    grantTable(role, props.policy, ['dynamodb:GetItem']);
    // Whatever is attached to the role later, it changes nothing, here or elsewhere, and lists nothing.
    denyActions(role, [...itemWrites, 'dynamodb:Scan'], ['*']);
    Validations.of(handler).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason:
        'Only API Gateway invokes it, and waits for the answer: there is no asynchronous event that could be lost.',
    });
    const authorizer = new RequestAuthorizer(this, 'Resource', {
      handler,
      identitySources: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    // An empty list becomes an empty text; left out is what API Gateway documents where nothing is cached.
    (authorizer.node.defaultChild as CfnAuthorizer).addPropertyDeletionOverride('IdentitySource');
    this.authorizer = authorizer;
  }
}

/** Every method asks the authorizer first. */
export function authorizedBy({ authorizer }: TenantAuthorizer): MethodOptions {
  return { authorizer, authorizationType: AuthorizationType.CUSTOM };
}

/**
 * Replaces whatever a viewer sends under this name by what the authorizer found.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html
 */
export const tenantOfAuthorizer: LambdaIntegrationOptions = {
  requestParameters: { 'integration.request.header.X-Amz-Tenant-Id': 'context.authorizer.tenantId' },
};

/**
 * Gives each tenant execution environments of its own. Lambda takes it at creation only, so CloudFormation replaces an existing
 * function, with its versions and alias.
 */
export function isolateTenants(target: Function): void {
  const resource = target.node.defaultChild as CfnFunction;
  resource.tenancyConfig = TenancyConfig.PER_TENANT.tenancyConfigProperty;
}
