import { Duration, Names, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { metadataOnly } from '../compute/access-log-format.ts';
import { AdminWebAcl } from './admin-web-acl.ts';

const stageName = 'live';

export interface AdminApiOptions {
  /**
   * Whether a web ACL stands in front of the API. About $9 a month.
   *
   * @default true
   */
  readonly webAcl?: boolean;

  /**
   * How long access log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

export interface AdminApiProps extends AdminApiOptions {
  /** Function that answers every method and path. */
  readonly handler: IFunction;
}

/**
 * A Regional REST API of its own for the admin function: no endpoint, log or limit is shared with model traffic.
 *
 * It writes access logs with the role that is set once per account and region, which the data plane's stack does.
 */
export class AdminApi extends Construct {
  readonly api: RestApi;
  readonly accessLog: LogGroup;
  readonly webAcl: AdminWebAcl | undefined;
  /** Base URL, without a trailing slash: the API's paths begin below it with `/admin/v1`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: AdminApiProps) {
    super(scope, id);
    this.accessLog = new LogGroup(this, 'AccessLog', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api = new RestApi(this, 'Resource', {
      // Not a physical name: API Gateway knows the API by its id, and people by this.
      restApiName: Names.uniqueResourceName(this, {}),
      description: 'Gatehouse admin API',
      endpointConfiguration: { types: [EndpointType.REGIONAL] },
      cloudWatchRole: false,
      deployOptions: {
        stageName,
        accessLogDestination: new LogGroupLogDestination(this.accessLog),
        accessLogFormat: metadataOnly,
        throttlingRateLimit: 50,
        throttlingBurstLimit: 100,
      },
      defaultIntegration: new LambdaIntegration(props.handler, {
        timeout: Duration.seconds(29),
        allowTestInvoke: false,
      }),
    });
    this.api.root.addMethod('ANY');
    this.api.root.addProxy();
    // An output CDK adds by itself, beside the stack's own.
    this.api.node.tryRemoveChild('Endpoint');
    if (props.webAcl ?? true) {
      this.webAcl = new AdminWebAcl(this, 'WebAcl', { stageArn: this.api.deploymentStage.stageArn });
    }
    this.#answerInProblems();
    this.#acknowledge();
    const { region, urlSuffix } = Stack.of(this);
    this.url = `https://${this.api.restApiId}.execute-api.${region}.${urlSuffix}/${stageName}`;
  }

  /** What API Gateway answers by itself is a problem of RFC 9457, like what the function answers. */
  #answerInProblems(): void {
    for (const { id, type, problem } of gatewayAnswers) {
      this.api.addGatewayResponse(id, {
        type,
        responseHeaders: { 'Content-Type': "'application/problem+json'" },
        templates: { 'application/json': JSON.stringify({ type: 'about:blank', ...problem }) },
      });
    }
  }

  #acknowledge(): void {
    const rules = Validations.of(this.api);
    rules.acknowledge(
      {
        id: 'AwsSolutions-APIG2',
        reason:
          'Every body is parsed by the schema its operation is defined by, which names the field that is wrong; a second copy of those schemas here would answer first, and less clearly.',
      },
      {
        id: 'AwsSolutions-APIG4',
        reason:
          'The function verifies tokens of any OpenID Connect issuer and the bootstrap token; an authorizer knows one user pool, or would be a second function that does the same.',
      },
      {
        id: 'AwsSolutions-COG4',
        reason:
          'The user pool is one issuer among those configured, and the function verifies tokens of all of them in the same way.',
      },
      {
        id: 'AwsSolutions-APIG6',
        reason:
          'Execution logs go to a log group that API Gateway makes without a retention, and can hold headers, here tokens of operators; the access log has status, latency and integration error per request.',
      },
      {
        id: 'Serverless-APIGWXrayEnabled',
        reason:
          'X-Ray segments carry URLs and addresses outside our retention; who did what is in the audit trail, and latency and errors are in the access log.',
      },
    );
    if (this.webAcl !== undefined) return;
    rules.acknowledge({
      id: 'AwsSolutions-APIG3',
      reason:
        'Left out by the operator, who saves its monthly price in a sandbox or has a flood stop elsewhere; it is on by default.',
    });
  }
}

const gatewayAnswers = [
  {
    id: 'Throttled',
    type: ResponseType.THROTTLED,
    problem: {
      title: 'Too Many Requests',
      status: 429,
      detail: 'Too many requests reached the admin API. Wait and retry.',
    },
  },
  {
    id: 'TooLarge',
    type: ResponseType.REQUEST_TOO_LARGE,
    problem: {
      title: 'Content Too Large',
      status: 413,
      detail: 'The request is larger than the admin API accepts.',
    },
  },
  {
    id: 'Blocked',
    type: ResponseType.WAF_FILTERED,
    problem: {
      title: 'Forbidden',
      status: 403,
      detail: 'The web ACL in front of the admin API took the request for an attack and blocked it.',
    },
  },
  {
    id: 'Unavailable',
    type: ResponseType.DEFAULT_5XX,
    problem: { title: 'Service Unavailable', status: 503, detail: 'The admin API did not answer. Retry.' },
  },
];
