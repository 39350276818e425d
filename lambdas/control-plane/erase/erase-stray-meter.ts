import { getOrganization } from '../../store/control/organization.ts';
import { organizationMeterId } from '../../store/meter-administration.ts';
import { eraseMeter } from './erase-meter.ts';
import type { EraseDependencies } from './erasure.ts';

/**
 * To be called after a version was raised, which makes a meter where there is none: deletes it again where the erasure of its
 * organization was over by then. An erasure that is still under way deletes it at its end.
 *
 * @throws Problem 503 `publication_incomplete`; StoreError.
 */
export async function eraseStrayMeter(deps: EraseDependencies, organization: string): Promise<void> {
  const stored = await getOrganization(deps.control, organization);
  if (stored !== undefined && stored.value.status !== 'deleted') return;
  await eraseMeter(deps, organizationMeterId(organization));
}
