import { describe, expect, it } from 'vitest';
import { changeRecord, tryChange } from '../../../../lambdas/control-plane/admin/change.ts';
import type { AuditChange } from '../../../../lambdas/control-plane/admin/context.ts';
import type { Stored } from '../../../../lambdas/store/document.ts';

interface Thing {
  readonly colour: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const red: Thing = { colour: 'red', createdAt: 'then', updatedAt: 'later' };
const now = Date.parse('2026-11-22T06:30:00Z');

/** One record in memory, which somebody else may change before each of our writes. */
function createPlace(stored: Stored<Thing> | undefined, others: readonly Thing[] = []) {
  const audited: AuditChange[] = [];
  const waiting = [...others];
  const put = (value: Thing): number => {
    stored = { value, version: (stored?.version ?? 0) + 1 };
    return stored.version;
  };
  const overtaken = (): boolean => {
    const other = waiting.shift();
    if (other !== undefined) put(other);
    return other !== undefined;
  };
  const paint = (colour: string, ifMatch?: number) =>
    changeRecord<Thing>(
      { ifMatch, now, audit: async (change) => void audited.push(change) },
      {
        read: async () => stored,
        build: () => ({ colour }),
        create: async (value) => !overtaken() && put(value) > 0,
        replace: async (value) => (overtaken() ? undefined : put(value)),
        describe: (before, after) => ({ action: 'paint', target: 'thing/1', before, after }),
      },
    );
  return { paint, audited, stored: () => stored };
}

describe('changeRecord', () => {
  it('creates with both dates of now', async () => {
    const at = new Date(now).toISOString();

    expect(await createPlace(undefined).paint('blue')).toEqual({
      value: { colour: 'blue', createdAt: at, updatedAt: at },
      version: 1,
    });
  });

  it('audits what was and what will be, before it writes', async () => {
    const place = createPlace({ value: red, version: 4 });

    const { version } = await place.paint('blue', 4);

    expect(version).toBe(5);
    expect(place.audited).toMatchObject([{ before: { colour: 'red' }, after: { colour: 'blue', createdAt: 'then' } }]);
  });

  it('leaves alone what is so already, and says nothing in the audit trail', async () => {
    const place = createPlace({ value: red, version: 4 });

    expect([await place.paint('red'), await place.paint('red', 4)]).toEqual([place.stored(), place.stored()]);
    expect(place.audited).toEqual([]);
  });

  it('takes its own change under the ETag from before it for done, and no older ETag', async () => {
    const place = createPlace({ value: red, version: 4 });

    expect((await place.paint('red', 3)).version).toBe(4);
    await expect(place.paint('red', 2)).rejects.toMatchObject({ code: 'etag_mismatch' });
    await expect(place.paint('red', 5)).rejects.toMatchObject({ code: 'etag_mismatch' });
    await expect(place.paint('blue', 3)).rejects.toMatchObject({ code: 'etag_mismatch' });
  });

  it('makes the change on top of one that came in between', async () => {
    const place = createPlace({ value: red, version: 4 }, [{ ...red, colour: 'green' }]);

    expect((await place.paint('blue')).version).toBe(6);
    expect(place.audited.map(({ before }) => (before as Thing).colour)).toEqual(['red', 'green']);
  });

  it('makes no change on top of one that came in between where the caller sent an ETag', async () => {
    const place = createPlace({ value: red, version: 4 }, [{ ...red, colour: 'green' }]);

    await expect(place.paint('blue', 4)).rejects.toMatchObject({ code: 'etag_mismatch' });
    expect(place.stored()?.value.colour).toBe('green');
  });
});

describe('tryChange', () => {
  it('gives up after five attempts', async () => {
    let attempts = 0;

    const change = tryChange(undefined, async () => void (attempts += 1));

    await expect(change).rejects.toMatchObject({ code: 'conflict', status: 409 });
    expect(attempts).toBe(5);
  });
});
