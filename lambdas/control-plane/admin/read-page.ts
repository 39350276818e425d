import { StoreError } from '../../store/client.ts';
import type { DocumentPage, Stored } from '../../store/document.ts';
import { decodeCursor, encodeCursor } from './paging.ts';
import { invalidRequest } from './problem.ts';

type ListPage<Value> = (page: { limit: number; after?: string | undefined }) => Promise<DocumentPage<Value>>;

export interface Page<Value> {
  readonly items: readonly Stored<Value>[];
  readonly nextCursor: string | null;
}

/**
 * One page of what `list` has, without what `isShown` hides. Looks one item ahead, so that the last page says that it is one.
 *
 * @throws Problem 400 for a cursor that is not one of this list.
 */
export async function readPage<Value>(
  list: ListPage<Value>,
  { limit, cursor }: { limit: number; cursor?: string },
  isShown: (value: Value) => boolean = () => true,
): Promise<Page<Value>> {
  const shown: (Stored<Value> & { readonly sk: string })[] = [];
  let after = decodeCursor(cursor);
  do {
    const page = await whereCursorFits(cursor, list({ limit: limit + 1, after }));
    shown.push(...page.items.filter(({ value }) => isShown(value)));
    after = page.next;
  } while (after !== undefined && shown.length <= limit);
  const items = shown.slice(0, limit);
  return { items, nextCursor: shown.length > limit ? encodeCursor(items.at(-1)?.sk) : null };
}

/** DynamoDB refuses to begin outside of what a list is about: only a cursor of some other list asks for that. */
async function whereCursorFits<Result>(cursor: string | undefined, page: Promise<Result>): Promise<Result> {
  try {
    return await page;
  } catch (error) {
    if (cursor === undefined || !(error instanceof StoreError) || error.kind !== 'rejected') throw error;
    throw invalidRequest({ field: 'query.cursor', message: 'must be the nextCursor of an answer before' });
  }
}
