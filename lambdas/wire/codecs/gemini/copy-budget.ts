import { isObject } from '../../json-fields.ts';

/** In values of JSON: far above what the schemas of one tool copy, far below what could be felt. */
const capacity = 20_000;

/**
 * What may be copied while a schema is rewritten. A schema can ask for copies of copies, and each place for all of another: some
 * megabytes of it would grow without end.
 */
export class CopyBudget {
  #left = capacity;

  /** Whether that many copies of the value may be made. Looks no further into it than it may cost. */
  take(value: unknown, times: number): boolean {
    if (times === 0) return true;
    const affordable = Math.floor(this.#left / times);
    const size = sizeUpTo(value, affordable);
    if (size > affordable) return false;
    this.#left -= size * times;
    return true;
  }
}

/** The number of values in a document, itself included; once it passes the limit, any number beyond. */
function sizeUpTo(document: unknown, limit: number): number {
  let size = 0;
  const waiting: unknown[] = [document];
  while (waiting.length > 0 && size <= limit) {
    const value = waiting.pop();
    size += 1;
    if (!Array.isArray(value) && !isObject(value)) continue;
    const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    if (size + members.length > limit) return limit + 1;
    for (const member of members) waiting.push(member);
  }
  return size;
}
