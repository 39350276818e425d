import { Duration, Validations } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import type { IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { viewerRequestCode } from './viewer-request.ts';

export interface EdgeDistributionOptions {
  /**
   * ARN of a web ACL of scope CLOUDFRONT, which lives in us-east-1.
   *
   * @default - no web ACL
   */
  readonly webAclArn?: string;

  /**
   * Host names to answer for. Needs `certificate`.
   *
   * @default - the name CloudFront assigns
   */
  readonly domainNames?: string[];

  /**
   * Certificate for `domainNames`, in us-east-1.
   *
   * @default - CloudFront's own certificate, which accepts TLS 1.0
   */
  readonly certificate?: ICertificate;

  /**
   * Edge locations that serve the distribution.
   *
   * @default PriceClass.PRICE_CLASS_ALL
   */
  readonly priceClass?: PriceClass;

  /**
   * Bucket for access logs, which hold viewer addresses.
   *
   * @default - no access logs
   */
  readonly logBucket?: IBucket;
}

export interface EdgeDistributionProps extends EdgeDistributionOptions {
  /** What is behind the distribution, header and timeouts included. */
  readonly origin: IOrigin;
}

/**
 * CloudFront in front of a streaming API: nothing cached, compressed or rewritten, what is too large refused at once, and the viewer's
 * address in a header no viewer can set.
 */
export class EdgeDistribution extends Construct {
  readonly distribution: Distribution;
  /** Base URL for callers, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const domainNames = props.domainNames ?? [];
    validateDomainNames(domainNames, props.certificate);

    this.distribution = new Distribution(this, 'Resource', {
      comment: 'Gatehouse data plane',
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: props.priceClass ?? PriceClass.PRICE_CLASS_ALL,
      ...(domainNames.length > 0 && { domainNames }),
      ...(props.certificate !== undefined && {
        certificate: props.certificate,
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      ...(props.webAclArn !== undefined && { webAclId: props.webAclArn }),
      ...(props.logBucket !== undefined && { logBucket: props.logBucket }),
      defaultBehavior: {
        origin: props.origin,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        // An allow-list cannot name Authorization, and API Gateway refuses a foreign Host: docs/decisions/0011.
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        // Compression waits for bytes to compress; a stream must not wait.
        compress: false,
        responseHeadersPolicy: this.#responseHeaders(),
        functionAssociations: [{ eventType: FunctionEventType.VIEWER_REQUEST, function: this.#viewerRequest() }],
      },
    });
    this.url = `https://${domainNames[0] ?? this.distribution.distributionDomainName}`;
    this.#acknowledge(props);
  }

  #responseHeaders(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'ResponseHeaders', {
      comment: 'Gatehouse: HTTPS only, nothing for a browser to run, frame or guess',
      securityHeadersBehavior: {
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: true,
          override: true,
        },
        contentTypeOptions: { override: true },
        // No answer is a page; one that a browser opens all the same, a model's words in it, may do nothing.
        contentSecurityPolicy: { contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'", override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      },
    });
  }

  #viewerRequest(): Function {
    return new Function(this, 'ViewerAddress', {
      comment: 'Gatehouse: refuses what is too large, and puts the viewer address in a header of ours',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(viewerRequestCode),
    });
  }

  #acknowledge(props: EdgeDistributionProps): void {
    const rules = Validations.of(this.distribution);
    rules.acknowledge({
      id: 'AwsSolutions-CFR1',
      reason:
        'Who may call is decided per key (address ranges, expiry), not per country; operators who need it set `countries`, a rule of the web ACL, which answers with JSON where this restriction answers with a page.',
    });
    if (props.certificate === undefined) {
      rules.acknowledge({
        id: 'AwsSolutions-CFR4',
        reason:
          'Without a domain name CloudFront allows only its own certificate, whose policy cannot be set; with one the minimum is TLS 1.2.',
      });
    }
    if (props.webAclArn === undefined) {
      rules.acknowledge({
        id: 'AwsSolutions-CFR2',
        reason:
          'Left out by the operator, who saves its monthly price in a sandbox or has a flood stop elsewhere; it is on by default.',
      });
    }
    if (props.logBucket === undefined) {
      rules.acknowledge({
        id: 'AwsSolutions-CFR3',
        reason:
          'These logs hold viewer addresses and query strings and no retention of ours reaches them; API Gateway logs each request without either.',
      });
    }
  }
}

function validateDomainNames(domainNames: string[], certificate: ICertificate | undefined): void {
  if (domainNames.length > 0 && certificate === undefined) {
    throw new Error(`\`certificate\` is required with \`domainNames\`, got: ${domainNames.join(', ')}`);
  }
  if (domainNames.length === 0 && certificate !== undefined) {
    throw new Error('`certificate` has no effect without `domainNames`, name the hosts it is for');
  }
}
