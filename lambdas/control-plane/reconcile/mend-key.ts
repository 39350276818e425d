import { getKey, type KeyRecord, replaceKey } from '../../store/control/key.ts';
import type { Stored } from '../../store/document.ts';
import { keyMeterId } from '../../store/meter-administration.ts';
import { getMeter } from '../../store/meter.ts';
import { keyPolicyId } from '../../store/policy.ts';
import { compileKeyPolicy } from '../publication/compile-policy.ts';
import { publishKey, type PublicationDependencies } from '../publication/publish.ts';
import { digestOf } from './digest.ts';
import { observe, type Observed, type Survey } from './survey.ts';

const maxRaises = 1000;

/** Compares one key with one data plane and mends what is different; what the survey saw is looked at again before. */
export async function mendKey(deps: PublicationDependencies, survey: Survey, key: Stored<KeyRecord>): Promise<void> {
  const { plane, counts } = survey;
  const id = keyPolicyId(key.value.id);
  const meterId = keyMeterId(key.value.id);
  survey.expected.add(id);
  counts.items += 1;
  if (isInOrder(key, survey.policies.get(id), survey.meters.get(meterId))) return;

  const { store, tables } = plane;
  const [observed, meter, stored] = await Promise.all([
    observe(plane, id),
    getMeter({ store, table: tables.meter }, meterId),
    getKey(deps.control, key.value.workspace, key.value.id),
  ]);
  if (stored === undefined) return;
  if (isInOrder(stored, observed, meter?.policyVersion)) return;

  counts[observed === undefined ? 'missing' : 'stale'] += 1;
  const needed = neededVersion(stored, observed, meter?.policyVersion);
  const current = await raiseTo(deps, stored, needed);
  // Somebody changes it at this moment, and publishes it.
  if (current === undefined) return;
  await publishKey({ ...deps, dataPlanes: [plane] }, current);
}

/**
 * The content decides: the same under an older version is as good. An absent meter, or one without a version, vouches for no
 * cached copy; one that is behind the policy vouches for an older copy, and a version ahead of ours would outlive our changes.
 */
function isInOrder(key: Stored<KeyRecord>, observed: Observed | undefined, meterVersion: number | undefined): boolean {
  if (observed === undefined || observed.digest !== digestOf(compileKeyPolicy(key))) return false;
  if (observed.version > key.version) return false;
  return meterVersion === undefined || (meterVersion >= observed.version && meterVersion <= key.version);
}

/** Other content under the same version, or a version that is ahead of ours (`control` was restored), needs a higher one. */
function neededVersion(
  key: Stored<KeyRecord>,
  observed: Observed | undefined,
  meterVersion: number | undefined,
): number {
  const same = observed?.digest === digestOf(compileKeyPolicy(key));
  return Math.max(key.version, (observed?.version ?? 0) + (same ? 0 : 1), meterVersion ?? 0);
}

async function raiseTo(
  { control }: PublicationDependencies,
  key: Stored<KeyRecord>,
  needed: number,
): Promise<Stored<KeyRecord> | undefined> {
  let { version } = key;
  for (let raises = 0; version < needed && raises < maxRaises; raises += 1) {
    const next = await replaceKey(control, key.value, version);
    if (next === undefined) return undefined;
    version = next;
  }
  return { value: key.value, version };
}
