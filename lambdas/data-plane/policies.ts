import type { StoreClient } from '../store/client.ts';
import {
  catalogPolicyId,
  type CatalogPolicy,
  getPolicy,
  keyPolicyId,
  type KeyPolicy,
  workspacePolicyId,
  type WorkspacePolicy,
} from '../store/policy.ts';

/**
 * A policy and the meter version it is known to be no older than. Admission demands that the meter still carries exactly
 * `asOf`, so a cached policy is never used past a change, whatever its age.
 */
export interface CachedPolicy<T> {
  readonly policy: T;
  readonly asOf: number;
}

export interface PolicyReader {
  key(publicId: string, reading?: Reading): Promise<CachedPolicy<KeyPolicy> | undefined>;
  workspace(id: string, reading?: Reading): Promise<CachedPolicy<WorkspacePolicy> | undefined>;
  /** Self-declared providers and platform credentials. Not versioned by a meter: at most 10 s old. */
  catalog(reading?: Reading): Promise<CatalogPolicy>;
}

/**
 * `cached`: from memory where possible. `fresh`: read now. `{ asOf }`: read now, because the meter was seen to carry this
 * version; the policy is written before its meter, so what is read now is at least as new.
 */
export type Reading = 'cached' | 'fresh' | { readonly asOf: number };

const maxAgeMs = { policy: 60_000, catalog: 10_000 };
const maxEntries = 10_000;
const emptyCatalog: CatalogPolicy = { version: 0, providers: {}, credentials: {} };

interface Entry {
  readonly readAt: number;
  readonly loaded: Promise<CachedPolicy<{ version: number }> | undefined>;
}

/** Reads policies with consistent GetItems, keeps them in memory, and reads each only once however many requests wait for it. */
export function createPolicyReader(store: StoreClient, table: string, now: () => number): PolicyReader {
  const entries = new Map<string, Entry>();

  const read = async (id: string, reading: Reading, maximumAge: number): Promise<CachedPolicy<never> | undefined> => {
    const cached = entries.get(id);
    if (reading === 'cached' && cached !== undefined && now() - cached.readAt < maximumAge) {
      return cached.loaded as Promise<CachedPolicy<never> | undefined>;
    }
    const asOf = typeof reading === 'object' ? reading.asOf : undefined;
    const loaded = getPolicy(store, table, id).then((policy) =>
      policy === undefined ? undefined : { policy, asOf: asOf ?? policy.version },
    );
    remember(entries, id, { readAt: now(), loaded });
    // What is absent or could not be read must be looked up again next time.
    loaded.then(
      (policy) => policy === undefined && forget(entries, id, loaded),
      () => forget(entries, id, loaded),
    );
    return loaded as Promise<CachedPolicy<never> | undefined>;
  };

  return {
    key: (publicId, reading = 'cached') => read(keyPolicyId(publicId), reading, maxAgeMs.policy),
    workspace: (id, reading = 'cached') => read(workspacePolicyId(id), reading, maxAgeMs.policy),
    catalog: async (reading = 'cached') =>
      (await read(catalogPolicyId, reading, maxAgeMs.catalog))?.policy ?? emptyCatalog,
  };
}

function remember(entries: Map<string, Entry>, id: string, entry: Entry): void {
  entries.delete(id);
  entries.set(id, entry);
  if (entries.size > maxEntries) entries.delete(entries.keys().next().value ?? id);
}

function forget(entries: Map<string, Entry>, id: string, loaded: Entry['loaded']): void {
  if (entries.get(id)?.loaded === loaded) entries.delete(id);
}
