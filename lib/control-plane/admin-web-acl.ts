import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import {
  floodResponse,
  inOrder,
  managedGroup,
  rateRule,
  validateRateLimit,
  visibility,
} from '../edge/web-acl-rules.ts';

/**
 * Rules that would block what operators legitimately send, by managed group: a provider's list of models is longer than 8 KB, and a
 * self-declared provider may lie at an address. Both are judged in the function, which answers 413 or 400 and names the field.
 */
const countedRules = {
  AWSManagedRulesCommonRuleSet: [
    'SizeRestrictions_BODY',
    'EC2MetaDataSSRF_BODY',
    'GenericRFI_BODY',
    // A script that calls the API need not name itself.
    'NoUserAgent_HEADER',
  ],
} as const;

export interface AdminWebAclProps {
  /** ARN of the API's stage. */
  readonly stageArn: string;

  /**
   * Requests per five minutes from one address before it gets 429.
   *
   * @default 2000
   */
  readonly rateLimitPerAddress?: number;
}

/**
 * A regional web ACL for the admin API: floods and known attackers. Unlike the one for model traffic it blocks most patterns in bodies,
 * since nothing an operator sends is a prompt.
 */
export class AdminWebAcl extends Construct {
  readonly webAcl: CfnWebACL;

  constructor(scope: Construct, id: string, props: AdminWebAclProps) {
    super(scope, id);
    const rateLimitPerAddress = props.rateLimitPerAddress ?? 2000;
    validateRateLimit('rateLimitPerAddress', rateLimitPerAddress);

    this.webAcl = new CfnWebACL(this, 'Resource', {
      description: 'Gatehouse admin API: floods and known attackers',
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('gatehouse-admin'),
      customResponseBodies: {
        [floodResponse]: { contentType: 'APPLICATION_JSON', content: JSON.stringify(floodBody) },
      },
      rules: inOrder([
        managedGroup('AWSManagedRulesAmazonIpReputationList'),
        rateRule('RatePerAddress', { limit: rateLimitPerAddress, aggregateKeyType: 'IP' }),
        managedGroup('AWSManagedRulesCommonRuleSet', countedRules.AWSManagedRulesCommonRuleSet),
        managedGroup('AWSManagedRulesKnownBadInputsRuleSet'),
      ]),
    });
    new CfnWebACLAssociation(this, 'Stage', { resourceArn: props.stageArn, webAclArn: this.webAcl.attrArn });
  }
}

/** A problem of RFC 9457, as the API's own answers. WAF has no content type beyond plain JSON. */
const floodBody = {
  type: 'about:blank',
  title: 'Too Many Requests',
  status: 429,
  detail: 'Too many requests reached the admin API from this address. Wait and retry.',
};
