import { StoreError } from '../client.ts';
import {
  createDocument,
  type DocumentKey,
  type DocumentTable,
  getDocument,
  iterateDocuments,
  replaceDocument,
  type Stored,
} from '../document.ts';
import type { CredentialOwner, CredentialRecord } from './credential.ts';

/*
 * Which versions of a credential's secret the vault may hold. Written before anything is put there, and kept when the credential
 * is deleted: so no version is given twice (data planes keep opened secrets by version), and what a call that died has left in
 * the vault is found and deleted.
 *
 * | pattern                | key                                                         | called by        |
 * |------------------------|-------------------------------------------------------------|------------------|
 * | drawSecretVersion …    | `workspace#<workspace>` or `platform` / `secrets#<provider>` | admin API        |
 * | iterateSecretVersions  | `workspace#<workspace>` or `platform`                       | erase            |
 */

export interface SecretVersions {
  readonly provider: string;
  /** Lowest that may be in the vault. */
  readonly oldest: number;
  /** Highest that was given to anybody. */
  readonly drawn: number;
  /** Versions up to this one are deleted, or will be: none of them may come into use any more. */
  readonly withdrawn: number;
}

const prefix = 'secrets#';
const maxTries = 20;

const pkOf = (owner: CredentialOwner): string =>
  owner.kind === 'platform' ? 'platform' : `workspace#${owner.workspace}`;
const keyOf = (owner: CredentialOwner, provider: string): DocumentKey => ({ pk: pkOf(owner), sk: prefix + provider });

export async function getSecretVersions(
  control: DocumentTable,
  owner: CredentialOwner,
  provider: string,
): Promise<SecretVersions | undefined> {
  return (await getDocument<SecretVersions>(control, keyOf(owner, provider)))?.value;
}

/** What the credential's record says of its versions, where there is one. */
type InUse = Pick<CredentialRecord, 'secretVersion' | 'oldestSecretVersion'> | undefined;

/**
 * A version that nobody else has or ever had, higher than what is in use and than all before.
 *
 * @throws StoreError `unavailable` also when it lost 20 races.
 */
export async function drawSecretVersion(
  control: DocumentTable,
  { owner, provider }: { owner: CredentialOwner; provider: string },
  inUse: InUse,
): Promise<number> {
  const { drawn } = await change(control, keyOf(owner, provider), (before) => ({
    provider,
    oldest: oldestOf(before, inUse),
    drawn: Math.max(before?.drawn ?? 0, inUse?.secretVersion ?? 0) + 1,
    withdrawn: before?.withdrawn ?? 0,
  }));
  return drawn;
}

/**
 * Takes every version that was drawn so far out of use for good.
 *
 * @throws StoreError `unavailable` also when it lost 20 races.
 */
export async function withdrawSecretVersions(
  control: DocumentTable,
  { owner, provider }: { owner: CredentialOwner; provider: string },
  inUse: InUse,
): Promise<SecretVersions> {
  return change(control, keyOf(owner, provider), (before) => {
    const drawn = Math.max(before?.drawn ?? 0, inUse?.secretVersion ?? 0);
    return { provider, oldest: oldestOf(before, inUse), drawn, withdrawn: drawn };
  });
}

/**
 * Notes that the vault holds no version up to this one any more.
 *
 * @throws StoreError `unavailable` also when it lost 20 races.
 */
export async function forgetSecretVersions(
  control: DocumentTable,
  { owner, provider }: { owner: CredentialOwner; provider: string },
  upTo: number,
): Promise<void> {
  await change(control, keyOf(owner, provider), (before) => ({
    provider,
    oldest: Math.max(before?.oldest ?? 1, upTo + 1),
    drawn: Math.max(before?.drawn ?? 0, upTo),
    withdrawn: Math.max(before?.withdrawn ?? 0, upTo),
  }));
}

export const iterateSecretVersions = (
  control: DocumentTable,
  owner: CredentialOwner,
): AsyncGenerator<Stored<SecretVersions>> => iterateDocuments(control, { pk: pkOf(owner), prefix });

/** A rotation that ended has deleted what was before it. */
function oldestOf(before: SecretVersions | undefined, inUse: InUse): number {
  return Math.max(before?.oldest ?? 1, inUse?.oldestSecretVersion ?? 1);
}

async function change(
  control: DocumentTable,
  key: DocumentKey,
  next: (before: SecretVersions | undefined) => SecretVersions,
): Promise<SecretVersions> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const before = await getDocument<SecretVersions>(control, key);
    const after = next(before?.value);
    const written =
      before === undefined
        ? await createDocument(control, key, after)
        : (await replaceDocument(control, key, after, before.version)) !== undefined;
    if (written) return after;
  }
  throw new StoreError('unavailable', `secret versions contended: not changed after ${maxTries} tries`);
}
