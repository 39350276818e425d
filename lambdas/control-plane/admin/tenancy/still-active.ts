import { getOrganization } from '../../../store/control/organization.ts';
import type { DocumentTable } from '../../../store/document.ts';
import { notFound } from '../problem.ts';

/**
 * To be asked after something was added to an organization. If its erasure had begun by then, it may have passed already where
 * the new thing lies, so `undo` takes it away again; if it begins later, it finds it.
 *
 * @throws Problem 404 when the organization is being erased.
 */
export async function requireStillActive(
  control: DocumentTable,
  organization: string,
  undo: () => Promise<unknown>,
): Promise<void> {
  const current = await getOrganization(control, organization);
  if (current?.value.status === 'active') return;
  await undo();
  throw notFound();
}
