/**
 * Ids of calls as Anthropic takes them: `^[a-zA-Z0-9_-]+$`, and no two calls of a conversation the same, while some vendors
 * begin to count anew with every answer. The same conversation gets the same ids each time, or prompt caches would miss.
 */
export class ToolIds {
  readonly #current = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** For a call. */
  take(id: string): string {
    const legal = id.replaceAll(/[^a-zA-Z0-9_-]/g, '_') || '_';
    let taken = legal;
    for (let next = 2; this.#taken.has(taken); next += 1) taken = `${legal}_${next}`;
    this.#taken.add(taken);
    this.#current.set(id, taken);
    return taken;
  }

  /** For a result: the latest call with this id. A result without a call stays one, for Anthropic to name. */
  of(id: string): string {
    return this.#current.get(id) ?? id.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  }
}
