/**
 * What a request or an answer says, whatever its protocol: readable lines that can be compared across protocols. The readers in
 * `requests` and `answers` make them of bytes. They know the protocols from their vendors' pages and types and share no code with
 * the codecs, which are what they judge.
 */
export interface SeenRequest {
  /** The conversation in order: `user text: …`, `assistant call get_weather {…}`, `user result of call 1: …`. */
  readonly content: readonly string[];
  /** What is asked of the answer, in a fixed order: `tool …`, `max tokens 256`, `stop "four"`. */
  readonly options: readonly string[];
  /** Proofs of reasoning that go back to their vendor, each with what it stands at: `reasoning … <proof>`. */
  readonly states?: readonly string[];
}

export interface SeenAnswer {
  /** `reasoning: …`, `text: …`, `refusal: …`, `call get_weather {…}`; neighbours of one kind are one line. */
  readonly content: readonly string[];
  readonly finish: 'stop' | 'length' | 'tool_calls' | 'refused' | 'other' | 'error';
  readonly callIds: readonly string[];
  /** Opaque proofs of reasoning as the client gets to see them. */
  readonly states: readonly string[];
  readonly usage: SeenUsage | undefined;
  readonly stopSequence?: string;
  /** The error that ended a stream, by its message. */
  readonly error?: string;
}

/** Input includes what was read from and written to a cache, output includes reasoning. */
export interface SeenUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

export type Json = Readonly<Record<string, unknown>>;

export function json(text: string): Json {
  return object(JSON.parse(text));
}

export function object(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Illegal(value, 'an object');
  return value as Json;
}

export function objects(value: unknown): readonly Json[] {
  if (!Array.isArray(value)) throw new Illegal(value, 'an array');
  return value.map(object);
}

export function string(value: unknown): string {
  if (typeof value !== 'string') throw new Illegal(value, 'a string');
  return value;
}

export function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Illegal(value, 'a count');
  return value;
}

/** The protocol does not allow what was found. */
class Illegal extends Error {
  override readonly name = 'Illegal';

  constructor(found: unknown, expected: string) {
    super(`expected ${expected}, found ${JSON.stringify(found)?.slice(0, 300)}`);
  }
}

export function demand(holds: boolean, rule: string, found?: unknown): asserts holds {
  if (!holds) throw new Illegal(found ?? 'otherwise', rule);
}

/** One spelling for equal JSON values. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

/** Joins neighbours of one kind, leaving out empty ones. */
export class Lines {
  readonly lines: string[] = [];
  #kind = '';

  text(kind: string, text: string): void {
    if (text === '') return;
    if (this.#kind === kind) this.lines.push(`${this.lines.pop() ?? ''}${text}`);
    else this.lines.push(`${kind}: ${text}`);
    this.#kind = kind;
  }

  line(line: string): void {
    this.lines.push(line);
    this.#kind = '';
  }
}

/** Numbers the calls of a conversation, so that a result can be said to belong to one whatever its id is. */
export class CallNumbers {
  readonly #calls: { readonly id: string | undefined; readonly name: string; answered: boolean }[] = [];

  call(id: string | undefined, name: string): void {
    demand(id === undefined || this.#calls.every((call) => call.id !== id), 'an id for each call', id);
    this.#calls.push({ id, name, answered: false });
  }

  /** The number of the call that a result answers: by id, or where the protocol has none by name and order. */
  result(id: string | undefined, name: string | undefined): number {
    const at = this.#calls.findIndex(
      (call) => !call.answered && (id === undefined ? call.name === name : call.id === id),
    );
    const call = this.#calls[at];
    demand(call !== undefined, 'a result of a call that was made', id ?? name);
    demand(name === undefined || call.name === name, `the name of call ${call.id}`, name);
    call.answered = true;
    return at + 1;
  }

  demandAnswered(): void {
    demand(
      this.#calls.every(({ answered }) => answered),
      'a result for each call',
    );
  }
}
