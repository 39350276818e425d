/** Who issues tokens that the admin API accepts, as `lambdas/control-plane/sign-in/oidc-settings.ts` reads it. */
export interface OidcIssuer {
  /** Exactly the `iss` of its tokens. */
  readonly issuer: string;

  /** A token must be meant for one of these: client ids, for id tokens and for Cognito. */
  readonly audiences: readonly string[];

  /**
   * Where its public keys are.
   *
   * @default - its discovery document says it
   */
  readonly jwksUrl?: string;

  /**
   * Claim to compare with `audiences` in tokens without `aud`.
   *
   * @default - none; Cognito's `client_id` is known without
   */
  readonly clientIdClaim?: string;

  /**
   * Roles that claims give.
   *
   * @default - none: its users are what organizations made them members
   */
  readonly roles?: readonly ClaimRole[];

  /**
   * Takes the issuer's word for every e-mail address, also where it does not say that it verified it.
   *
   * @default false
   */
  readonly trustUnverifiedEmail?: boolean;

  /**
   * Domains whose addresses the issuer may vouch for.
   *
   * @default - all
   */
  readonly emailDomains?: readonly string[];
}

/** Makes whoever has a claim of some value the platform operator, or something in one organization. */
export interface ClaimRole {
  readonly claim: string;
  readonly value: string;

  /** `operator`, or `owner`, `admin`, `member` or `auditor` of `organization`. */
  readonly role: string;

  /**
   * Id of the organization.
   *
   * @default - none, which is for `operator`
   */
  readonly organization?: string;
}
