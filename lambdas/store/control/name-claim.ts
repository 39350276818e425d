import {
  createDocument,
  deleteDocument,
  type DocumentKey,
  type DocumentTable,
  getDocument,
  iterateDocuments,
  replaceDocument,
} from '../document.ts';

/*
 * Names that are unique: of organizations, and of workspaces within one.
 *
 * | pattern            | key                                                         | called by |
 * |--------------------|-------------------------------------------------------------|-----------|
 * | claimName          | `names` or `org#<organization>` / `name#<kind>#<lower-case name>` | create, rename |
 * | getNameClaim       | the same                                                    | rename    |
 * | releaseName        | the same                                                    | rename, erase |
 * | releaseNamesOf     | `names`                                                     | erase     |
 *
 * The claim is written before its owner. A claim whose owner never came to be (the process died in between) may be taken over
 * after a minute.
 */

export interface NameScope {
  readonly kind: 'organization' | 'workspace';
  /** Organization that workspace names are unique within. */
  readonly organization?: string;
}

interface Claim {
  readonly owner: string;
  readonly claimedAt: number;
}

const graceMs = 60_000;
const maxTries = 3;

/** Names that are equal in this form are the same name: case, spaces and what cannot be seen make no other. */
export const comparableName = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

function keyOf({ kind, organization }: NameScope, name: string): DocumentKey {
  const pk = organization === undefined ? 'names' : `org#${organization}`;
  return { pk, sk: `name#${kind}#${comparableName(name)}` };
}

/**
 * Whether `owner` has the name now. `isHeld` is asked whether another owner that claimed it really has that name.
 */
export async function claimName(
  control: DocumentTable,
  claim: { scope: NameScope; name: string; owner: string },
  isHeld: (owner: string) => Promise<boolean>,
): Promise<boolean> {
  const { scope, name, owner } = claim;
  const key = keyOf(scope, name);
  const mine: Claim = { owner, claimedAt: Date.now() };
  for (let tries = 0; tries < maxTries; tries += 1) {
    if (await createDocument(control, key, mine)) return true;
    const existing = await getDocument<Claim>(control, key);
    if (existing === undefined) continue;
    const { owner: other, claimedAt } = existing.value;
    if (other !== owner && (Date.now() - claimedAt < graceMs || (await isHeld(other)))) return false;
    // Also an own claim is renewed: its time of grace begins anew, and nobody who saw the old one can take it over or delete it.
    if ((await replaceDocument(control, key, mine, existing.version)) !== undefined) return true;
  }
  return false;
}

/** Version of `owner`'s claim; `undefined` where there is none. */
export async function getNameClaim(
  control: DocumentTable,
  { scope, name, owner }: { scope: NameScope; name: string; owner: string },
): Promise<number | undefined> {
  const existing = await getDocument<Claim>(control, keyOf(scope, name));
  return existing?.value.owner === owner ? existing.version : undefined;
}

/** Gives the name back if it is `owner`'s; with a version, only if the claim still has that. */
export async function releaseName(
  control: DocumentTable,
  claim: { scope: NameScope; name: string; owner: string },
  version?: number,
): Promise<void> {
  const current = await getNameClaim(control, claim);
  if (current === undefined || (version !== undefined && version !== current)) return;
  await deleteDocument(control, keyOf(claim.scope, claim.name), current);
}

/** Gives back every name that an organization claimed, also those of renames that died before they gave the old one back. */
export async function releaseNamesOf(control: DocumentTable, organization: string): Promise<void> {
  const place = { pk: 'names', prefix: 'name#organization#' };
  for await (const { sk, value, version } of iterateDocuments<Claim>(control, place)) {
    if (value.owner === organization) await deleteDocument(control, { pk: place.pk, sk }, version);
  }
}
