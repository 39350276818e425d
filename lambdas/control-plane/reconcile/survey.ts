import { scanMeters } from '../../store/meter-administration.ts';
import { getStoredPolicy, scanPolicies, type StoredPolicy, type WorkspacePolicy } from '../../store/policy.ts';
import type { DataPlane } from '../publication/data-plane.ts';
import { digestOf } from './digest.ts';

/** What is remembered of a policy that a data plane has. */
export interface Observed {
  readonly version: number;
  /** Empty for one that cannot be read. */
  readonly digest: string;
  /** Of a workspace's policy. */
  readonly organization?: string;
}

export interface Counts {
  items: number;
  missing: number;
  stale: number;
  foreign: number;
  /** Something could not be mended here. */
  failed: boolean;
}

/** A data plane as it was found, and what came of it. */
export interface Survey {
  readonly plane: DataPlane;
  readonly policies: ReadonlyMap<string, Observed>;
  /** Highest version of a workspace's policy, by organization. */
  readonly published: ReadonlyMap<string, number>;
  /** Policy version by meter; `undefined` for one that carries none. */
  readonly meters: ReadonlyMap<string, number | undefined>;
  /** Remembered balance adjustments by organization meter. */
  readonly adjustments: ReadonlyMap<string, readonly string[]>;
  /** Ids of policies that `control` has a record for. */
  readonly expected: Set<string>;
  readonly counts: Counts;
}

/**
 * Reads a whole data plane.
 *
 * @throws StoreError
 */
export async function surveyDataPlane(plane: DataPlane): Promise<Survey> {
  const { store, tables } = plane;
  const policies = new Map<string, Observed>();
  const published = new Map<string, number>();
  for await (const stored of scanPolicies(store, tables.policy)) {
    const observed = observedOf(stored);
    policies.set(stored.id, observed);
    const { organization, version } = observed;
    if (organization !== undefined) published.set(organization, Math.max(version, published.get(organization) ?? 0));
  }
  const meters = new Map<string, number | undefined>();
  const adjustments = new Map<string, readonly string[]>();
  for await (const meter of scanMeters({ store, table: tables.meter })) {
    meters.set(meter.id, meter.item.policyVersion);
    if (meter.adjustments.length > 0) adjustments.set(meter.id, meter.adjustments);
  }
  const counts = { items: 0, missing: 0, stale: 0, foreign: 0, failed: false };
  return { plane, policies, published, meters, adjustments, expected: new Set(), counts };
}

function observedOf({ id, version, policy }: StoredPolicy): Observed {
  if (policy === undefined) return { version, digest: '' };
  const organization = id.startsWith('workspace#') ? (policy as WorkspacePolicy).organization?.id : undefined;
  return { version, digest: digestOf(policy), ...(organization !== undefined && { organization }) };
}

/** The same for one policy as it is now. */
export async function observe({ store, tables }: DataPlane, id: string): Promise<Observed | undefined> {
  const stored = await getStoredPolicy(store, tables.policy, id);
  return stored === undefined ? undefined : observedOf(stored);
}
