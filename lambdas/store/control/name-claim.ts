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

function keyOf({ kind, organization }: NameScope, name: string): DocumentKey {
  const pk = organization === undefined ? 'names' : `org#${organization}`;
  return { pk, sk: `name#${kind}#${name.normalize('NFKC').toLowerCase()}` };
}

/**
 * Whether `owner` has the name now. `ownerExists` is asked about another owner that claimed it.
 */
export async function claimName(
  control: DocumentTable,
  claim: { scope: NameScope; name: string; owner: string },
  ownerExists: (owner: string) => Promise<boolean>,
): Promise<boolean> {
  const { scope, name, owner } = claim;
  const key = keyOf(scope, name);
  const mine: Claim = { owner, claimedAt: Date.now() };
  if (await createDocument(control, key, mine)) return true;
  const existing = await getDocument<Claim>(control, key);
  if (existing === undefined) return createDocument(control, key, mine);
  if (existing.value.owner === owner) return true;
  if (Date.now() - existing.value.claimedAt < graceMs || (await ownerExists(existing.value.owner))) return false;
  return (await replaceDocument(control, key, mine, existing.version)) !== undefined;
}

/** Gives the name back if it is `owner`'s. */
export async function releaseName(
  control: DocumentTable,
  { scope, name, owner }: { scope: NameScope; name: string; owner: string },
): Promise<void> {
  const key = keyOf(scope, name);
  const existing = await getDocument<Claim>(control, key);
  if (existing?.value.owner === owner) await deleteDocument(control, key, existing.version);
}

/** Gives back every name of workspaces within an organization; its erasure is their end. */
export async function releaseNamesWithin(control: DocumentTable, organization: string): Promise<void> {
  const pk = `org#${organization}`;
  for await (const { sk } of iterateDocuments(control, { pk, prefix: 'name#' }))
    await deleteDocument(control, { pk, sk });
}
