/** Something that another party gave for a time. All times in epoch milliseconds. */
export interface Lease<Value> {
  readonly value: Value;
  readonly takenAt: number;
  /** From then on another is taken. */
  readonly renewAt: number;
}

export interface Leases<Value> {
  /** The lease of this id; taken with `take` where there is none, once however many wait for it. */
  get(id: string, take: () => Promise<Pick<Lease<Value>, 'value' | 'renewAt'>>): Promise<Lease<Value>>;
  /** Gives up a lease that was refused. False where it is so new that another would be refused as well. */
  giveUp(id: string, lease: Lease<Value>): boolean;
}

const maxLeases = 500;
/** A provider that refuses every token must not cost a new one per request. */
const minAgeMs = 10_000;

interface Entry<Value> {
  readonly taking: Promise<Lease<Value>>;
  lease: Lease<Value> | undefined;
}

export function createLeases<Value>(now: () => number): Leases<Value> {
  const entries = new Map<string, Entry<Value>>();

  return {
    get(id, take) {
      const known = entries.get(id);
      if (known !== undefined && (known.lease === undefined || now() < known.lease.renewAt)) return known.taking;
      const takenAt = now();
      const taking = take().then(({ value, renewAt }) => (entry.lease = { value, takenAt, renewAt }));
      const entry: Entry<Value> = { taking, lease: undefined };
      entries.delete(id);
      if (entries.size >= maxLeases) entries.delete(entries.keys().next().value ?? id);
      entries.set(id, entry);
      taking.catch(() => entries.get(id) === entry && entries.delete(id));
      return taking;
    },
    giveUp(id, lease) {
      // Somebody else was refused before: there is, or will be, another one already.
      if (entries.get(id)?.lease !== lease) return true;
      if (now() - lease.takenAt < minAgeMs) return false;
      entries.delete(id);
      return true;
    },
  };
}
