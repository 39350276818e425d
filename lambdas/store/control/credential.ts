import { documentType } from '../document-type.ts';

/*
 * | pattern           | key                                                          | called by              |
 * |-------------------|--------------------------------------------------------------|------------------------|
 * | getCredential …   | `workspace#<workspace>` or `platform` / `credential#<provider>` | admin API, publication |
 * | listCredentials   | `workspace#<workspace>` or `platform`                        | admin API, publication, erase, reconcile |
 */

export type CredentialOwner =
  | { readonly kind: 'platform' }
  | { readonly kind: 'workspace'; readonly workspace: string };

/** A reference to a secret in the vault, and what may be told about it. */
export interface CredentialRecord {
  readonly provider: string;
  readonly kind:
    | 'api-key'
    | 'oauth-client-credentials'
    | 'google-service-account'
    | 'aws-keys'
    | 'aws-role'
    | 'aws-function-role';
  readonly lastFour: string;
  readonly zeroRetention: boolean;
  /** Version in the vault that is used; grows with every rotation. */
  readonly secretVersion: number;
  /** The version before, until the new one has served a request. */
  readonly previousSecretVersion?: number;
  /** Lowest version that may still be in the vault. */
  readonly oldestSecretVersion: number;
  readonly createdAt: string;
  readonly rotatedAt?: string;
}

export const {
  get: getCredential,
  create: createCredential,
  replace: replaceCredential,
  remove: deleteCredential,
  list: listCredentials,
  iterate: iterateCredentials,
} = documentType<CredentialRecord, CredentialOwner>({
  partitionOf: (owner) => (owner.kind === 'platform' ? 'platform' : `workspace#${owner.workspace}`),
  prefix: 'credential#',
  nameOf: ({ provider }) => provider,
});
