/** What somebody is within one organization. */
export type Role = 'owner' | 'admin' | 'member' | 'auditor';

/** A name under which an organization can make somebody a member. */
export type Identity =
  /** `<issuer>#<sub>`: exact, for services and for directories without e-mail. */
  | { readonly kind: 'subject'; readonly value: string }
  /** Lower case; only when the issuer vouches for it. */
  | { readonly kind: 'email'; readonly value: string };

/** Who calls the admin API. */
export interface Principal {
  readonly kind: 'bootstrap-token' | 'oidc';
  /** For the audit trail: `bootstrap-token`, or `oidc:<issuer>#<subject>`. */
  readonly actor: string;
  /** The platform operator: may do everything. */
  readonly operator: boolean;
  /** Roles that claims of the token give, by organization id. Memberships in the store come on top. */
  readonly claimedRoles: Readonly<Record<string, Role>>;
  readonly identities: readonly Identity[];
}
