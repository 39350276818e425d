import type { Stored } from '../../store/document.ts';
import { conflict, etagMismatch, notFound } from './problem.ts';

const maxTries = 5;

/**
 * Reads, decides and writes until nobody came in between, at most five times. `attempt` does its checks and its conditional
 * write, and returns `undefined` where somebody else had changed what it was given.
 *
 * @throws Problem 404 where there is nothing, 412 where it is not what `ifMatch` names, 409 where others were always quicker.
 */
export async function changeStored<Value, Result>(
  ifMatch: number | undefined,
  read: () => Promise<Stored<Value> | undefined>,
  attempt: (current: Stored<Value>) => Promise<Result | undefined>,
): Promise<Result> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const current = await read();
    if (current === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== current.version) throw etagMismatch();
    const result = await attempt(current);
    if (result !== undefined) return result;
  }
  throw conflict();
}
