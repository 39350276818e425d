import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, CfnFunction, Code, Function, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { serviceNameOf } from '../observability/service-name.ts';
import { environmentComplaint } from './environment-size.ts';

const bundleFile = 'index.cjs';

export interface GatehouseFunctionProps {
  /** Folder that holds the built bundle `index.cjs`, whose export `handler` is the entry point. */
  readonly codePath: string;

  /** One line for the Lambda console. */
  readonly description: string;

  /**
   * Environment variables. Never a secret: hand over the ARN and read the value at run time.
   *
   * @default - none
   */
  readonly environment?: Record<string, string>;

  /**
   * Memory in MB, and with it the share of a core.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * How long one call may take.
   *
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;

  /**
   * Environments set aside for this function, which is also the most it may use.
   *
   * @default - the account's unreserved pool
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * Queue for events of asynchronous calls that failed to the end.
   *
   * @default - such events are dropped
   */
  readonly deadLetterQueue?: IQueue;

  /**
   * Lambda runtime. Pinned, so that a deploy of the same source runs on the same runtime.
   *
   * @default Runtime.NODEJS_24_X
   */
  readonly runtime?: Runtime;
}

/**
 * A function with the house defaults: a bundle built ahead of synth, arm64, a log group with a retention, and a role of its own
 * that starts with the right to write that log group and nothing else.
 *
 * @example
 *
 *    new GatehouseFunction(this, 'Proxy', { codePath: 'dist/lambdas/proxy', description: 'Serves model traffic' });
 */
export class GatehouseFunction extends Construct {
  readonly function: Function;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: GatehouseFunctionProps) {
    super(scope, id);
    requireBundle(props.codePath);

    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role without AWSLambdaBasicExecutionRole, which may write every log group of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resourceArns: [this.logGroup.logGroupArn],
    });
    this.function = new Function(this, 'Resource', {
      code: Code.fromAsset(props.codePath),
      handler: 'index.handler',
      runtime: props.runtime ?? Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      description: props.description,
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout ?? Duration.seconds(30),
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: { ...props.environment, OTEL_SERVICE_NAME: serviceNameOf(this) },
      ...(props.deadLetterQueue !== undefined && { deadLetterQueue: props.deadLetterQueue }),
      ...(props.reservedConcurrentExecutions !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      }),
    });
    // Once references between stacks are known, which is when CDK validates.
    this.function.node.addValidation({ validate: () => complaints(this.function) });
    Validations.of(this.function).acknowledge({
      id: 'Serverless-LambdaTracing',
      reason:
        'X-Ray segments carry URLs and addresses outside our retention, and writing them needs a permission on every resource; latency and errors are in the request record and the access log.',
    });
  }
}

function complaints({ node }: Function): string[] {
  const resource = node.defaultChild;
  const complaint = resource instanceof CfnFunction ? environmentComplaint(resource) : undefined;
  return complaint === undefined ? [] : [complaint];
}

function requireBundle(codePath: string): void {
  if (existsSync(join(codePath, bundleFile))) return;
  throw new Error(`no bundle ${bundleFile} in \`codePath\`, run \`npm run build\` first, got: ${codePath}`);
}
