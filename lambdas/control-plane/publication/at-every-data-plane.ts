import { setTimeout as delay } from 'node:timers/promises';
import { isStoreOutage } from '../../store/client.ts';
import { Problem } from '../admin/problem.ts';
import type { DataPlane } from './data-plane.ts';

const pausesMs = [50, 200] as const;

/**
 * Does something at every data plane at once, and repeats it where the store does not answer: `work` must be safe to repeat.
 * Results in the order of the data planes.
 *
 * @throws Problem 503 `publication_incomplete` that names the regions where it did not work. What did work stands; the change
 *   itself stands in `control`.
 */
export async function atEveryDataPlane<Result>(
  dataPlanes: readonly DataPlane[],
  work: (plane: DataPlane) => Promise<Result>,
): Promise<Result[]> {
  const outcomes = await Promise.allSettled(dataPlanes.map((plane) => repeated(() => work(plane))));
  const failed = dataPlanes.filter((_, index) => outcomes[index]?.status === 'rejected');
  const cause: unknown = outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
  if (failed.length > 0) throw publicationIncomplete(failed, cause);
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

async function repeated<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (!isStoreOutage(error)) throw error;
      await delay(pauseMs);
    }
  }
  return work();
}

function publicationIncomplete(failed: readonly DataPlane[], cause: unknown): Problem {
  const regions = failed.map(({ region }) => region).join(', ');
  return new Problem('publication_incomplete', 503, 'The change is stored but is not in force everywhere yet.', {
    detail: `Not reached: ${regions}. Repeat the call; otherwise the next reconcile completes it.`,
    cause,
  });
}
