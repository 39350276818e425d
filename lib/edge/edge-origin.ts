import { CfnDynamicReference, CfnDynamicReferenceService, Duration } from 'aws-cdk-lib';
import type { RestApiBase } from 'aws-cdk-lib/aws-apigateway';
import type { CfnDistribution, IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { FunctionUrlOrigin, HttpOrigin, RestApiOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { HttpOriginProps } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IFunctionUrl } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { longestStream } from '../data-plane/proxy-function.ts';

/** Proves that a request came through the distribution. Not `x-api-key`: Anthropic SDKs put the caller's key there. */
export const originVerifyHeader = 'x-gateway-origin-verify';

export interface EdgeOriginOptions {
  /**
   * Version id of the secret to take the header's value from. CloudFormation reads a secret again only when the template changes, so
   * a rotation is finished by deploying with the new version id.
   *
   * @default - the version current at the first deployment
   */
  readonly originSecretVersion?: string;
}

export interface EdgeOriginProps extends EdgeOriginOptions {
  /** Secret whose JSON member `current` CloudFront sends in the origin header. */
  readonly originSecret: ISecret;
}

/** The API's own host name. */
export function restApiOrigin(api: RestApiBase, props: EdgeOriginProps): IOrigin {
  return new RestApiOrigin(api, streamingOriginProps(props));
}

/** The function's own host name. */
export function functionUrlOrigin(functionUrl: IFunctionUrl, props: EdgeOriginProps): IOrigin {
  return new FunctionUrlOrigin(functionUrl, streamingOriginProps(props));
}

/** A host name that asks its clients for a certificate, and the ARN of the one to show. */
export function mutualTlsOrigin(domainName: string, clientCertificateArn: string, props: EdgeOriginProps): IOrigin {
  return new MutualTlsOrigin(domainName, clientCertificateArn, streamingOriginProps(props));
}

/** aws-cdk-lib has the property in its generated types only. */
class MutualTlsOrigin extends HttpOrigin {
  readonly #clientCertificateArn: string;

  constructor(domainName: string, clientCertificateArn: string, props: HttpOriginProps) {
    super(domainName, props);
    this.#clientCertificateArn = clientCertificateArn;
  }

  protected override renderCustomOriginConfig(): CfnDistribution.CustomOriginConfigProperty | undefined {
    const config = super.renderCustomOriginConfig();
    return config && { ...config, originMtlsConfig: { clientCertificateArn: this.#clientCertificateArn } };
  }
}

/** What every origin of ours has in common: patience with a silent stream, and the header that proves the way. */
function streamingOriginProps(props: EdgeOriginProps): HttpOriginProps {
  return {
    // Silence, not length: a heartbeat every 15 s keeps a thinking model's stream open. 60 s needs no quota request.
    readTimeout: Duration.seconds(60),
    keepaliveTimeout: Duration.seconds(60),
    responseCompletionTimeout: longestStream,
    customHeaders: { [originVerifyHeader]: originHeaderValue(props) },
  };
}

/** A dynamic reference: CloudFormation puts the value in the distribution, and it never is in the template. */
function originHeaderValue(props: EdgeOriginProps): string {
  const version = props.originSecretVersion;
  const key = props.originSecret.cfnDynamicReferenceKey({
    jsonField: 'current',
    ...(version !== undefined && { versionId: version }),
  });
  return new CfnDynamicReference(CfnDynamicReferenceService.SECRETS_MANAGER, key).toString();
}
