import { BasePathMapping, DomainName, EndpointType, SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface MutualTlsDomainOptions {
  /** Host name of the API as CloudFront calls it. Callers never see it. */
  readonly domainName: string;

  /** ARN of the ACM certificate for `domainName`, in the region of the API. */
  readonly certificateArn: string;

  /** S3 object with the certificates that clients are verified against, as `s3://bucket/key`. */
  readonly truststoreUri: string;

  /**
   * Version of that object. API Gateway reads the truststore when the domain is updated, so a new version is a deployment.
   *
   * @default - the version current at the last update of the domain
   */
  readonly truststoreVersion?: string;
}

export interface MutualTlsDomainProps extends MutualTlsDomainOptions {
  /** The API to answer with. Its own endpoint must be disabled, or it stays a way round this one. */
  readonly api: RestApi;
}

/**
 * A host name of a REST API at which only clients with a trusted certificate get as far as sending a request.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
 */
export class MutualTlsDomain extends Construct {
  readonly domainName: string;
  /** What the DNS record of `domainName` must point to. */
  readonly target: string;
  /** Hosted zone of the target, for an alias record in Route 53. */
  readonly targetHostedZoneId: string;

  constructor(scope: Construct, id: string, props: MutualTlsDomainProps) {
    super(scope, id);
    const { bucket, key } = parseTruststoreUri(props.truststoreUri);
    const domain = new DomainName(this, 'Resource', {
      domainName: props.domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn),
      endpointType: EndpointType.REGIONAL,
      // The floor: a regional endpoint with it speaks TLS 1.2 and 1.3.
      securityPolicy: SecurityPolicy.TLS_1_2,
      mtls: {
        bucket: Bucket.fromBucketName(this, 'Truststore', bucket),
        key,
        ...(props.truststoreVersion !== undefined && { version: props.truststoreVersion }),
      },
    });
    new BasePathMapping(this, 'Mapping', { domainName: domain, restApi: props.api, stage: props.api.deploymentStage });
    this.domainName = props.domainName;
    this.target = domain.domainNameAliasDomainName;
    this.targetHostedZoneId = domain.domainNameAliasHostedZoneId;
  }
}

function parseTruststoreUri(uri: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new Error(`\`truststoreUri\` must be the address of an S3 object such as s3://bucket/key, got: ${uri}`);
  }
  return { bucket, key };
}
