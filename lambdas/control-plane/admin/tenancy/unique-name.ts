import {
  claimName,
  comparableName,
  getNameClaim,
  type NameScope,
  releaseName,
} from '../../../store/control/name-claim.ts';
import type { DocumentTable } from '../../../store/document.ts';
import { Problem } from '../problem.ts';

/** A name that only one owner in `scope` may have, however it is written. */
export interface UniqueName {
  readonly scope: NameScope;
  readonly owner: string;
  /** The name that another owner has at present; `undefined` where there is no such owner. */
  nameOf(owner: string): Promise<string | undefined>;
}

/**
 * Claims the name for its owner. Alone the claim leads to nothing, so it comes before the audit entry: a name that is taken
 * leaves no trace of a change.
 *
 * @throws Problem 409 `name_taken`.
 */
export async function takeName(
  control: DocumentTable,
  { scope, owner, nameOf }: UniqueName,
  name: string,
): Promise<void> {
  const isHeld = async (other: string): Promise<boolean> => {
    const held = await nameOf(other);
    return held !== undefined && comparableName(held) === comparableName(name);
  };
  if (await claimName(control, { scope, name, owner }, isHeld)) return;
  throw new Problem('name_taken', 409, 'The name is taken.', {
    detail: `body.name: must be a name that no other ${scope.kind} has`,
    errors: [{ field: 'body.name', message: `must be a name that no other ${scope.kind} has` }],
  });
}

/**
 * Claims the name `to`, and returns what gives `from` back once the owner has its new name. A claim that is not given back (the
 * process died, or lost a race) may be taken over by others after a minute, since its owner has another name.
 *
 * @throws Problem 409 `name_taken`.
 */
export async function takeNewName(
  control: DocumentTable,
  unique: UniqueName,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<() => Promise<void>> {
  if (comparableName(from) === comparableName(to)) return async () => {};
  const { scope, owner } = unique;
  // Read before the change: whoever returns to the old name meanwhile renews its claim, which then is not given back.
  const version = await getNameClaim(control, { scope, name: from, owner });
  await takeName(control, unique, to);
  return async () => {
    if (version !== undefined) await releaseName(control, { scope, name: from, owner }, version);
  };
}
