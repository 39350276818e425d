import { isDeepStrictEqual } from 'node:util';
import type { Stored } from '../../store/document.ts';
import type { AuditChange } from './context.ts';
import { conflict, etagMismatch, notFound } from './problem.ts';

const maxTries = 5;

/**
 * Reads, changes and writes; once more where somebody else was quicker, unless the caller bound the change to an ETag. An attempt
 * answers `undefined` where it was overtaken.
 *
 * @throws Problem 412, or 409 after five attempts.
 */
export async function tryChange<Answer>(
  ifMatch: number | undefined,
  attempt: () => Promise<Answer | undefined>,
): Promise<Answer> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    if (ifMatch !== undefined) throw etagMismatch();
  }
  throw conflict();
}

/**
 * `tryChange` of something that has to be there: what is stored is read and compared with the ETag before each attempt.
 *
 * @throws Problem 404, 412 or 409.
 */
export function changeStored<Value, Answer>(
  ifMatch: number | undefined,
  read: () => Promise<Stored<Value> | undefined>,
  attempt: (current: Stored<Value>) => Promise<Answer | undefined>,
): Promise<Answer> {
  return tryChange(ifMatch, async () => {
    const current = await read();
    if (current === undefined) throw notFound();
    assertMatch(ifMatch, current);
    return attempt(current);
  });
}

/** @throws Problem 412 where the caller named another version than the one that is stored, or there is none. */
export function assertMatch(ifMatch: number | undefined, stored: Stored<unknown> | undefined): void {
  if (ifMatch !== undefined && ifMatch !== stored?.version) throw etagMismatch();
}

interface Dated {
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a record will be, and how it gets there. */
export interface RecordChange<Value extends Dated> {
  read(): Promise<Stored<Value> | undefined>;
  /** What it will be; its dates are set for it. */
  build(before: Value | undefined): Omit<Value, keyof Dated>;
  /** Absent where only what exists can be changed. */
  create?(value: Value): Promise<boolean>;
  replace(value: Value, version: number): Promise<number | undefined>;
  /** What the audit entry says of it. */
  describe(before: Value | undefined, after: Value): AuditChange;
}

interface ChangeContext {
  readonly ifMatch: number | undefined;
  readonly now: number;
  audit(change: AuditChange): Promise<void>;
}

/**
 * Brings a record to what it should be, and leaves one alone that is so already: a call that died after its write can then be
 * repeated, with the ETag it had too. (RFC 9110 section 13.1.1: a condition that is false because the change was already made may
 * be answered as a success.)
 *
 * @throws Problem 412 or 409.
 */
export async function changeRecord<Value extends Dated>(
  { ifMatch, now, audit }: ChangeContext,
  change: RecordChange<Value>,
): Promise<Stored<Value>> {
  return tryChange(ifMatch, async () => {
    const before = await change.read();
    const at = new Date(now).toISOString();
    const createdAt = before?.value.createdAt ?? at;
    const built = change.build(before?.value);
    if (before !== undefined && isAsCallerSawIt(before.version, ifMatch)) {
      const unchanged = { ...built, createdAt, updatedAt: before.value.updatedAt };
      if (isDeepStrictEqual(unchanged, before.value)) return before;
    }
    assertMatch(ifMatch, before);
    // `built` has every member of a record but its dates; the compiler cannot see that through a type parameter.
    const after = { ...built, createdAt, updatedAt: at } as unknown as Value;
    await audit(change.describe(before?.value, after));
    if (before === undefined) return (await change.create?.(after)) === true ? { value: after, version: 1 } : undefined;
    const version = await change.replace(after, before.version);
    return version === undefined ? undefined : { value: after, version };
  });
}

/** With the caller's own change on top, at most. */
function isAsCallerSawIt(version: number, ifMatch: number | undefined): boolean {
  return ifMatch === undefined || ifMatch === version || ifMatch === version - 1;
}
