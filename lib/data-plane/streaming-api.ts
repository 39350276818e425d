import { Duration, Names, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  ResponseTransferMode,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { metadataOnly } from '../compute/access-log-format.ts';
import { gatewayAnswers } from '../edge/gateway-answers.ts';
import { authorizedBy, tenantOfAuthorizer } from './tenant-isolation.ts';
import type { TenantAuthorizer } from './tenant-isolation.ts';

const stageName = 'live';

export interface StreamingApiOptions {
  /**
   * Steady requests per second before API Gateway answers 429.
   *
   * @default 1000
   */
  readonly throttlingRateLimit?: number;

  /**
   * Requests above the steady rate that may come at once.
   *
   * @default 2000
   */
  readonly throttlingBurstLimit?: number;

  /**
   * How long access log lines are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * Whether to set the role with which API Gateway writes logs. It is one setting per account and region: say false where it is
   * managed elsewhere. Without any such role the stage cannot be deployed.
   *
   * @default true
   */
  readonly cloudWatchRole?: boolean;
}

export interface StreamingApiProps extends StreamingApiOptions {
  /** Function that answers every method and path. */
  readonly handler: IFunction;

  /**
   * Whether the API answers at no name but a custom one.
   *
   * @default false
   */
  readonly disableExecuteApiEndpoint?: boolean;

  /**
   * Names the tenant of each request, for a function with tenant isolation.
   *
   * @default - requests have no tenant, and Lambda would refuse them for such a function
   */
  readonly tenantAuthorizer?: TenantAuthorizer;
}

/**
 * A Regional REST API that hands every request to one function and streams the answer as the function writes it, up to 15 minutes.
 *
 * Regional, because an edge-optimised endpoint cuts a stream that is silent for 30 seconds.
 */
export class StreamingApi extends Construct {
  readonly api: RestApi;
  readonly accessLog: LogGroup;
  /** The API's own base URL, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: StreamingApiProps) {
    super(scope, id);
    const { tenantAuthorizer } = props;
    this.accessLog = new LogGroup(this, 'AccessLog', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api = new RestApi(this, 'Resource', {
      // Not a physical name: API Gateway knows the API by its id, and people by this.
      restApiName: Names.uniqueResourceName(this, {}),
      description: 'Gatehouse data plane',
      endpointConfiguration: { types: [EndpointType.REGIONAL] },
      // JSON stays text: as a binary type it would reach the function base64 encoded and a third larger, against the 6 MB limit.
      binaryMediaTypes: ['application/octet-stream', 'audio/*', 'image/*', 'multipart/form-data'],
      cloudWatchRole: props.cloudWatchRole ?? true,
      ...(props.disableExecuteApiEndpoint === true && { disableExecuteApiEndpoint: true }),
      deployOptions: {
        stageName,
        accessLogDestination: new LogGroupLogDestination(this.accessLog),
        accessLogFormat: metadataOnly,
        throttlingRateLimit: props.throttlingRateLimit ?? 1000,
        throttlingBurstLimit: props.throttlingBurstLimit ?? 2000,
      },
      defaultIntegration: new LambdaIntegration(props.handler, {
        responseTransferMode: ResponseTransferMode.STREAM,
        timeout: Duration.minutes(15),
        allowTestInvoke: false,
        ...(tenantAuthorizer !== undefined && tenantOfAuthorizer),
      }),
      ...(tenantAuthorizer !== undefined && { defaultMethodOptions: authorizedBy(tenantAuthorizer) }),
    });
    this.api.root.addMethod('ANY');
    this.api.root.addProxy();
    // An output CDK adds by itself: a second URL, which goes round CloudFront.
    this.api.node.tryRemoveChild('Endpoint');
    this.#answerAsTheGateway();
    this.#acknowledge(tenantAuthorizer !== undefined);
    const { region, urlSuffix } = Stack.of(this);
    this.url = `https://${this.api.restApiId}.execute-api.${region}.${urlSuffix}/${stageName}`;
  }

  /** What API Gateway answers by itself must parse in an SDK like what the function answers. */
  #answerAsTheGateway(): void {
    for (const { id, ...answer } of gatewayAnswers) this.api.addGatewayResponse(id, answer);
  }

  #acknowledge(authorized: boolean): void {
    const rules = Validations.of(this.api);
    if (!authorized) {
      rules.acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'Callers authenticate with Gatehouse keys in the header their SDK uses (four different ones), checked by the function; an authorizer would add a function call to each request and refuse in words that no SDK understands.',
      });
    }
    rules.acknowledge(
      {
        id: 'AwsSolutions-APIG2',
        reason:
          'Bodies follow the model vendors, whose fields change weekly; the function parses what it prices and routes and answers 400 in the caller dialect, where a schema here would refuse new fields.',
      },
      {
        id: 'AwsSolutions-COG4',
        reason: 'Callers are programs with Gatehouse keys, not users of a Cognito pool.',
      },
      {
        id: 'AwsSolutions-APIG3',
        reason:
          'The web ACL belongs on the CloudFront distribution; requests that go round it lack the origin secret and are refused in the first line of the handler, so an ACL here would bill each request twice. Without a distribution the stage throttle is the only flood stop.',
      },
      {
        id: 'AwsSolutions-APIG6',
        reason:
          'Execution logs go to a log group that API Gateway makes without a retention, and can hold headers; the access log has status, latency and integration error per request.',
      },
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
        reason:
          'The log-writing role belongs to all APIs of the account and region, so it carries the policy AWS made for that setting; a narrower one would break logging of APIs we do not know.',
      },
      {
        id: 'Serverless-APIGWXrayEnabled',
        reason:
          'X-Ray segments carry URLs and addresses outside our retention; latency and errors are in the access log and the request record.',
      },
    );
  }
}
