/**
 * Gives the calls of one answer ids that are never empty and never the same twice, whatever the provider sent: clients match
 * results to calls by them. Made ids are unique in a whole conversation, since each answer has a seed of its own, and the same
 * in every run.
 */
export class ToolCallIds {
  readonly #taken = new Set<string>();
  readonly #seed: string;
  #made = 0;

  /** @param seed The request's id. 26 characters of it leave a made id below the 40 that OpenAI takes. */
  constructor(seed: string) {
    this.#seed = seed.replace(/^req_/, '').replaceAll(/[^\w-]/g, '_');
  }

  take(id: string | undefined): string {
    let taken = id ?? '';
    while (taken === '' || this.#taken.has(taken)) {
      taken = `call_${this.#seed}_${this.#made}`;
      this.#made += 1;
    }
    this.#taken.add(taken);
    return taken;
  }
}
