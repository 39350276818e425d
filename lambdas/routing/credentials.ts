import { EnvelopeError, openSecret } from '../crypto/envelope.ts';
import { KeyWrapperError } from '../crypto/key-wrapper-error.ts';
import type { KeyUnwrapper } from '../crypto/key-wrapper.ts';
import type { Secret } from '../crypto/secret.ts';
import { GatewayError } from '../http/gateway-error.ts';
import type { StoreClient } from '../store/client.ts';
import type { CredentialReference } from '../store/policy.ts';
import { getSealedCredential } from '../store/vault.ts';

/** Opens provider credentials and keeps them in memory for at most five minutes. */
export interface CredentialReader {
  /** @throws GatewayError 502 when the vault has no such credential, it was stored for another use, or cannot be opened. */
  open(use: CredentialUse, reference: CredentialReference): Promise<Secret>;
}

/** For whom and for what a credential is wanted. */
export interface CredentialUse {
  readonly workspace: string;
  readonly provider: string;
}

const maxAgeMs = 5 * 60_000;
const maxEntries = 500;

export function createCredentialReader(options: {
  store: StoreClient;
  table: string;
  keyUnwrapper: KeyUnwrapper;
  now: () => number;
}): CredentialReader {
  const opened = new Map<string, { at: number; secret: Promise<Secret> }>();

  const load = async (use: CredentialUse, reference: CredentialReference): Promise<Secret> => {
    const found = await getSealedCredential(options.store, options.table, use.workspace, reference);
    if (found === undefined) throw unusable('is not in the vault');
    // The context opens the envelope it came with; only compared does it keep a row copied to another tenant shut.
    const { workspace, provider, credential } = found.context;
    if (workspace !== ownerOf(use, reference) || provider !== use.provider || credential !== reference.credential) {
      throw unusable('was stored for another use');
    }
    try {
      return await openSecret(found.sealed, found.context, options.keyUnwrapper);
    } catch (error) {
      if (error instanceof EnvelopeError) throw unusable('could not be opened');
      if (!(error instanceof KeyWrapperError)) throw error;
      throw error.kind === 'unavailable' ? keyServiceUnavailable(error) : unusable('could not be opened');
    }
  };

  return {
    open(use, reference) {
      const id = credentialId(use, reference);
      const known = opened.get(id);
      if (known !== undefined && options.now() - known.at < maxAgeMs) return known.secret;
      const secret = load(use, reference);
      opened.delete(id);
      forgetOldest(opened, options.now());
      const entry = { at: options.now(), secret };
      opened.set(id, entry);
      secret.catch(() => opened.get(id) === entry && opened.delete(id));
      return secret;
    },
  };
}

/** Entries are in the order they were opened in, so the ones whose time is up, or that are too many, come first. */
function forgetOldest(opened: Map<string, { at: number }>, now: number): void {
  for (const [id, { at }] of opened) {
    if (now - at < maxAgeMs && opened.size < maxEntries) return;
    opened.delete(id);
  }
}

/** One text for one version of one credential. */
export function credentialId(use: CredentialUse, reference: CredentialReference): string {
  return JSON.stringify([ownerOf(use, reference), use.provider, reference.credential, reference.version]);
}

function ownerOf(use: CredentialUse, reference: CredentialReference): string {
  return reference.owner === 'platform' ? 'platform' : use.workspace;
}

function unusable(problem: string): GatewayError {
  return new GatewayError('provider_credential_missing', 502, `The provider credential ${problem}.`);
}

function keyServiceUnavailable(cause: unknown): GatewayError {
  const message = 'Gatehouse could not open the provider credential just now. Try again.';
  return new GatewayError('store_unavailable', 503, message, { retryAfterSeconds: 1, cause });
}
