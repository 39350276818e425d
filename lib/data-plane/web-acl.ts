import { Stack, Token } from 'aws-cdk-lib';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { floodResponse, inOrder, managedGroup, rateRule, validateRateLimit, visibility } from '../web-acl-rules.ts';

const webAclRegion = 'us-east-1';

/**
 * Rules that inspect bodies, by managed group. A prompt may hold SQL, a script tag, `../../etc/passwd` or a metadata address, so
 * these count and label instead of blocking; every other rule of the groups keeps its action.
 *
 * WAF sees at most the first 16 KB of a body anyway: content is judged in the function.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 */
const countedBodyRules = {
  AWSManagedRulesCommonRuleSet: [
    'SizeRestrictions_BODY',
    'EC2MetaDataSSRF_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    'CrossSiteScripting_BODY',
  ],
  AWSManagedRulesKnownBadInputsRuleSet: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'],
} as const;

/** Where model requests arrive: OpenAI and Anthropic paths under `/v1/`, Gemini paths under `/v1beta/`. */
const inferencePathPattern = '^/v1(beta)?/';

export interface WebAclProps {
  /**
   * Requests per five minutes from one address before it gets 429. A flood stop: exact limits belong to keys and organizations.
   *
   * @default 10000
   */
  readonly rateLimitPerAddress?: number;

  /**
   * Model requests per five minutes with one `Authorization` value before it gets 429, whatever addresses they come from.
   *
   * @default 10000
   */
  readonly rateLimitPerAuthorization?: number;
}

/**
 * A web ACL for CloudFront that lets prompts through. It must be in us-east-1. It keeps no log and, since sampled requests show
 * headers, no samples.
 */
export class WebAcl extends Construct {
  readonly webAcl: CfnWebACL;

  constructor(scope: Construct, id: string, props: WebAclProps = {}) {
    super(scope, id);
    requireWebAclRegion(this);
    const rateLimitPerAddress = props.rateLimitPerAddress ?? 10_000;
    const rateLimitPerAuthorization = props.rateLimitPerAuthorization ?? 10_000;
    validateRateLimit('rateLimitPerAddress', rateLimitPerAddress);
    validateRateLimit('rateLimitPerAuthorization', rateLimitPerAuthorization);

    this.webAcl = new CfnWebACL(this, 'Resource', {
      description: 'Gatehouse: floods and known attackers, never the content of a prompt',
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('gatehouse'),
      customResponseBodies: {
        [floodResponse]: { contentType: 'APPLICATION_JSON', content: JSON.stringify(floodBody) },
      },
      rules: inOrder([
        managedGroup('AWSManagedRulesAmazonIpReputationList'),
        // Counted: hosting providers and relays are where many backends and developers call from.
        { ...managedGroup('AWSManagedRulesAnonymousIpList'), overrideAction: { count: {} } },
        rateRule('RatePerAddress', { limit: rateLimitPerAddress, aggregateKeyType: 'IP' }),
        rateRule('RatePerAuthorization', {
          limit: rateLimitPerAuthorization,
          aggregateKeyType: 'CUSTOM_KEYS',
          customKeys: [{ header: { name: 'authorization', textTransformations: untransformed } }],
          scopeDownStatement: {
            regexMatchStatement: {
              fieldToMatch: { uriPath: {} },
              regexString: inferencePathPattern,
              textTransformations: untransformed,
            },
          },
        }),
        managedGroup('AWSManagedRulesCommonRuleSet', countedBodyRules.AWSManagedRulesCommonRuleSet),
        managedGroup('AWSManagedRulesKnownBadInputsRuleSet', countedBodyRules.AWSManagedRulesKnownBadInputsRuleSet),
      ]),
    });
  }

  get webAclArn(): string {
    return this.webAcl.attrArn;
  }
}

const untransformed = [{ priority: 0, type: 'NONE' }];

/** OpenAI's envelope, which the retry logic of SDKs reads. */
const floodBody = {
  error: {
    message: 'Too many requests reached the gateway. Wait and retry.',
    type: 'rate_limit_error',
    param: null,
    code: 'edge_rate_limited',
  },
};

function requireWebAclRegion(scope: Construct): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(region) || region === webAclRegion) return;
  throw new Error(`a web ACL for CloudFront must be in ${webAclRegion}, got a stack in: ${region}`);
}
