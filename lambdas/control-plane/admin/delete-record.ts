import type { Stored } from '../../store/document.ts';
import { assertMatch, tryChange } from './change.ts';
import type { AuditChange } from './context.ts';
import { notFound } from './problem.ts';

export interface RecordDeletion<Value> {
  read(): Promise<Stored<Value> | undefined>;
  remove(version: number): Promise<boolean>;
  /** Whether it is still in force although its record is gone: a call before this one died in between. */
  isInForce(): Promise<boolean>;
  describe(before: Value): AuditChange;
}

/**
 * Deletes a record, to be published after. The record goes first, because policy is compiled from records; a call that dies
 * before it published is completed by the same call, which finds what is gone still in force.
 *
 * @throws Problem 404, 412 or 409.
 */
export async function deleteRecord<Value>(
  { ifMatch, audit }: { ifMatch: number | undefined; audit(change: AuditChange): Promise<void> },
  deletion: RecordDeletion<Value>,
): Promise<void> {
  await tryChange(ifMatch, async () => {
    const before = await deletion.read();
    if (before === undefined) {
      if (await deletion.isInForce()) return true;
      throw notFound();
    }
    assertMatch(ifMatch, before);
    await audit(deletion.describe(before.value));
    return (await deletion.remove(before.version)) ? true : undefined;
  });
}
