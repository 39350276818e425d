import { Stack, Token } from 'aws-cdk-lib';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { countryFault, countryResponse, countryRule } from './country-rule.ts';
import type { Countries } from './country-rule.ts';
import { edgeBody, edgeHeaders } from './edge-answer.ts';
import type { EdgeFault } from './edge-answer.ts';
import {
  floodResponse,
  floodRetryAfterSeconds,
  inOrder,
  managedGroup,
  rateRule,
  validateRateLimit,
  visibility,
} from './web-acl-rules.ts';

const webAclRegion = 'us-east-1';

/**
 * Rules that would block honest callers, by managed group: they count and label instead. Every other rule of the groups keeps its
 * action. First of all the rules that inspect bodies: a prompt may hold SQL, a script tag, `../../etc/passwd` or a metadata address.
 *
 * WAF sees at most the first 16 KB of a body anyway: content is judged in the function.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 */
const countedRules = {
  AWSManagedRulesCommonRuleSet: [
    'SizeRestrictions_BODY',
    'EC2MetaDataSSRF_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    'CrossSiteScripting_BODY',
    // Not every HTTP library of the languages without an official SDK names itself.
    'NoUserAgent_HEADER',
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

  /**
   * Countries to take requests from, or not to take them from. One more rule, billed as such.
   *
   * @default - requests from anywhere
   */
  readonly countries?: Countries;
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
        [floodResponse]: { contentType: 'APPLICATION_JSON', content: edgeBody(flood) },
        ...(props.countries !== undefined && {
          [countryResponse]: { contentType: 'APPLICATION_JSON', content: edgeBody(countryFault) },
        }),
      },
      rules: inOrder([
        ...(props.countries === undefined ? [] : [countryRule(props.countries)]),
        managedGroup('AWSManagedRulesAmazonIpReputationList'),
        // Counted: hosting providers and relays are where many backends and developers call from.
        { ...managedGroup('AWSManagedRulesAnonymousIpList'), overrideAction: { count: {} } },
        rateRule('RatePerAddress', { limit: rateLimitPerAddress, aggregateKeyType: 'IP' }, edgeHeaders(flood)),
        rateRule('RatePerAuthorization', perAuthorization(rateLimitPerAuthorization), edgeHeaders(flood)),
        managedGroup('AWSManagedRulesCommonRuleSet', countedRules.AWSManagedRulesCommonRuleSet),
        managedGroup('AWSManagedRulesKnownBadInputsRuleSet', countedRules.AWSManagedRulesKnownBadInputsRuleSet),
      ]),
    });
  }

  get webAclArn(): string {
    return this.webAcl.attrArn;
  }
}

const untransformed = [{ priority: 0, type: 'NONE' }];

/** Counts one value of the header where models are called. Requests without the header are in the count of their address only. */
function perAuthorization(limit: number): CfnWebACL.RateBasedStatementProperty {
  return {
    limit,
    aggregateKeyType: 'CUSTOM_KEYS',
    customKeys: [{ header: { name: 'authorization', textTransformations: untransformed } }],
    scopeDownStatement: {
      regexMatchStatement: {
        fieldToMatch: { uriPath: {} },
        regexString: inferencePathPattern,
        textTransformations: untransformed,
      },
    },
  };
}

const flood: EdgeFault = {
  code: 'edge_rate_limited',
  message: 'Too many requests reached the gateway. Wait and retry.',
  type: 'rate_limit_error',
  status: 'RESOURCE_EXHAUSTED',
  owner: 'gateway',
  retryable: true,
  retryAfterSeconds: floodRetryAfterSeconds,
};

function requireWebAclRegion(scope: Construct): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(region) || region === webAclRegion) return;
  throw new Error(`a web ACL for CloudFront must be in ${webAclRegion}, got a stack in: ${region}`);
}
