import { isObject } from '../../json-fields.ts';

/** In values of JSON: far above what the schemas of a request copy, far below what could be felt. */
const capacity = 50_000;

/**
 * What may be copied while schemas are rewritten. A schema can ask for copies of copies, and many places for one that is large:
 * some megabytes of it would grow without end.
 */
export class CopyBudget {
  #left = capacity;

  /** Whether that many copies of the value may be made. Looking costs too, or many a look in vain would take its time. */
  take(value: unknown, times: number): boolean {
    const affordable = Math.floor(this.#left / Math.max(1, times));
    const size = sizeUpTo(value, affordable);
    const isTaken = size <= affordable;
    this.#left -= isTaken ? size * times : size;
    return isTaken;
  }
}

/** The number of values in a document, itself included; past the limit, the number of those that were looked at. */
function sizeUpTo(document: unknown, limit: number): number {
  let size = 1;
  const waiting: unknown[] = [document];
  while (waiting.length > 0 && size <= limit) {
    const value = waiting.pop();
    if (!Array.isArray(value) && !isObject(value)) continue;
    const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    size += members.length;
    if (size <= limit) for (const member of members) waiting.push(member);
  }
  return size;
}
