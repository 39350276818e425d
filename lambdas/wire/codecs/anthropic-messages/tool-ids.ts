/**
 * Ids of calls as Anthropic takes them: `^[a-zA-Z0-9_-]+$`, and no two calls of a conversation the same, while some vendors
 * begin to count anew with every answer. The same conversation gets the same ids each time, or prompt caches would miss.
 */
export class ToolIds {
  readonly #current = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** By id: the number to try next. */
  readonly #numbers = new Map<string, number>();

  /** For a call. */
  take(id: string): string {
    const legal = id.replaceAll(/[^a-zA-Z0-9_-]/g, '_') || '_';
    let taken = legal;
    let number = this.#numbers.get(legal) ?? 2;
    for (; this.#taken.has(taken); number += 1) taken = `${legal}_${number}`;
    this.#numbers.set(legal, number);
    this.#taken.add(taken);
    this.#current.set(id, taken);
    return taken;
  }

  /** For a result: the latest call with this id. A result without a call stays one, for Anthropic to name. */
  of(id: string): string {
    return this.#current.get(id) ?? id.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  }
}
