import { isStoreOutage } from '../../../store/client.ts';
import type { KeyRecord } from '../../../store/control/key.ts';
import { lastUsedAt } from '../../../store/meter-administration.ts';
import { getMeter } from '../../../store/meter.ts';
import type { ResponseOf } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { DataPlane } from '../../publication/data-plane.ts';
import type { ControlPlaneDependencies } from '../dependencies.ts';

export type ApiKeyView = ResponseOf<Operations['getKey']>;

/** An API key as its owner sees it. `lastUsed` from `readLastUsed`, `now` in epoch milliseconds. */
export function viewKey(key: KeyRecord, lastUsed: Date | undefined, now: number): ApiKeyView {
  const { secrets, createdAt, updatedAt, revokedAt, ...told } = key;
  // Lists are copied, because the contract's types are not read-only.
  const { models, endpoints, cidrs, ...rest } = told;
  const overlapEndsAt = secrets[1]?.expiresAt;
  return {
    ...rest,
    ...(models !== undefined && { models: [...models] }),
    ...(endpoints !== undefined && { endpoints: [...endpoints] as NonNullable<ApiKeyView['endpoints']> }),
    ...(cidrs !== undefined && { cidrs: [...cidrs] }),
    ...(overlapEndsAt !== undefined &&
      overlapEndsAt * 1000 > now && { overlapEndsAt: new Date(overlapEndsAt * 1000).toISOString() }),
    lastUsedAt: lastUsed?.toISOString() ?? null,
    createdAt,
    updatedAt,
    ...(revokedAt !== undefined && { revokedAt }),
  };
}

/** When the key was last used anywhere: the latest of what its meters say, one read per data plane. */
export async function readLastUsed(
  { dataPlanes }: Pick<ControlPlaneDependencies, 'dataPlanes'>,
  key: string,
): Promise<Date | undefined> {
  const times = await Promise.all(dataPlanes.map((dataPlane) => lastUsedIn(dataPlane, key)));
  const known = times.flatMap((time) => time?.getTime() ?? []);
  return known.length === 0 ? undefined : new Date(Math.max(...known));
}

/** A region that does not answer knows of no use: it must not keep a key from being shown, let alone from being revoked. */
async function lastUsedIn({ store, tables }: DataPlane, key: string): Promise<Date | undefined> {
  try {
    return lastUsedAt(await getMeter({ store, table: tables.meter }, `key#${key}`));
  } catch (error) {
    if (isStoreOutage(error)) return undefined;
    throw error;
  }
}
