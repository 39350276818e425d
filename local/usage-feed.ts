import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { StoreClient } from '../lambdas/store/client.ts';
import { rebuildUsageOfDay } from '../lambdas/store/rebuild-usage.ts';
import { parseRequestRecord } from '../lambdas/store/request-record.ts';
import type { TableNames } from '../lambdas/store/tables.ts';
import type { UsageEntry } from '../lambdas/store/usage-rollup.ts';
import { describeFault, type Logger } from '../lambdas/telemetry/logger.ts';
import { rollUp, type RollUpDependencies } from '../lambdas/usage-rollup/roll-up.ts';

/** What the requests table's stream and the rollup function are in AWS. */
export interface UsageFeed {
  /** The client that was given; what it puts into the requests table is rolled up soon after. */
  readonly store: StoreClient;
  /** Resolves when everything put so far is rolled up, or its failure logged. Await it before the database is closed. */
  whenFed(): Promise<void>;
  /**
   * Recomputes today and yesterday (UTC): a killed process may have lost its last records on the way. Call it before requests
   * are served. A failure is logged.
   */
  catchUp(organizations: readonly string[]): Promise<void>;
}

export interface UsageFeedOptions {
  readonly store: StoreClient;
  readonly tables: Pick<TableNames, 'requests' | 'usage'>;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const dayMs = 86_400_000;

export function createUsageFeed({ store, tables, logger, now }: UsageFeedOptions): UsageFeed {
  // Each process is a shard of its own, so that a clock set back between two runs makes no record look like a repetition.
  const shard = `local_${randomUUID()}`;
  let sequence = BigInt(now()) * 1_000_000n;
  const deps: RollUpDependencies = { usage: { store, table: tables.usage }, servedVersions: new Map() };
  const logFault = (error: unknown): void => logger.fault(describeFault('usage-rollup-failed', error));

  let pending: UsageEntry[] = [];
  let feeding: Promise<void> | undefined;

  const feed = async (): Promise<void> => {
    while (pending.length > 0) {
      // The answer that the record belongs to goes first, and records that come together are added together.
      await setImmediate();
      const batch = pending;
      pending = [];
      await rollUp(batch, deps).catch(logFault);
    }
    feeding = undefined;
  };

  return {
    store: {
      ...store,
      async putItem(input) {
        const output = await store.putItem(input);
        const record = input.TableName === tables.requests ? parseRequestRecord(input.Item ?? {}) : undefined;
        if (record !== undefined) {
          sequence += 1n;
          pending.push({ sequence: String(sequence), shard, record });
          feeding ??= feed();
        }
        return output;
      },
    },
    async whenFed() {
      await feeding;
    },
    async catchUp(organizations) {
      const days = [now() - dayMs, now()].map((time) => new Date(time).toISOString().slice(0, 10));
      for (const organization of organizations) {
        for (const day of days) {
          await rebuildUsageOfDay(store, tables, organization, day).catch(logFault);
        }
      }
    },
  };
}
