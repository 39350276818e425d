import { type CredentialPlace, recordServedVersion } from '../store/credential-use.ts';
import { applyUsage, type UsageEntry, type UsageStore, usageDimensionsOf } from '../store/usage-rollup.ts';

export interface RollUpDependencies {
  readonly usage: UsageStore;
  /** Versions this process has recorded already, by credential. Made empty, once per process. */
  readonly servedVersions: Map<string, number>;
}

/** Rollup items written at the same time. */
const parallelWrites = 10;
const maxServedVersions = 10_000;

/**
 * Adds request records to the sums they belong to and remembers which credentials served them. Entries of a shard must be in
 * its order. Idempotent: when it throws, some of it may have been done, and the same entries, or any earlier ones with them,
 * are to be given again (docs/usage.md).
 *
 * @throws StoreError once nothing of it is under way any more.
 */
export async function rollUp(entries: readonly UsageEntry[], deps: RollUpDependencies): Promise<void> {
  await inParallel([
    ...[...groupByItem(entries).values()].map((group) => () => applyUsage(deps.usage, group.shard, group.entries)),
    ...[...servedVersionsOf(entries)].map(
      ([id, use]) =>
        () =>
          recordUse(id, use, deps),
    ),
  ]);
}

interface Group {
  readonly shard: string;
  readonly entries: UsageEntry[];
}

function groupByItem(entries: readonly UsageEntry[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const id = JSON.stringify([entry.shard, usageDimensionsOf(entry.record)]);
    const group = groups.get(id) ?? { shard: entry.shard, entries: [] };
    group.entries.push(entry);
    groups.set(id, group);
  }
  return groups;
}

interface Use {
  readonly place: CredentialPlace;
  readonly version: number;
}

/** The highest version that served a whole answer, for each credential. A refused or broken request proves nothing of it. */
function servedVersionsOf(entries: readonly UsageEntry[]): Map<string, Use> {
  const uses = new Map<string, Use>();
  for (const { record } of entries) {
    const { credentialOwner: owner, credentialVersion: version, provider } = record;
    if (owner === undefined || version === undefined || record.ending !== 'completed') continue;
    const id = JSON.stringify([owner === 'platform' ? owner : record.workspace, owner, provider]);
    const known = uses.get(id)?.version ?? -Infinity;
    if (version > known) uses.set(id, { place: { owner, workspace: record.workspace, provider }, version });
  }
  return uses;
}

async function recordUse(id: string, { place, version }: Use, deps: RollUpDependencies): Promise<void> {
  if ((deps.servedVersions.get(id) ?? -Infinity) >= version) return;
  await recordServedVersion(deps.usage, place, version);
  if (deps.servedVersions.size >= maxServedVersions) deps.servedVersions.clear();
  deps.servedVersions.set(id, version);
}

/** Ends only when all have ended: a function is frozen when it answers, and a write must not go on in a later invocation. */
async function inParallel(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  for (let at = 0; at < tasks.length; at += parallelWrites) {
    const results = await Promise.allSettled(tasks.slice(at, at + parallelWrites).map((task) => task()));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}
