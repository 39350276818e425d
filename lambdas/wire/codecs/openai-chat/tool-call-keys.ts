import { CompleteJson } from '../../canonical/complete-json.ts';

/** One entry of a delta's `tool_calls`, as far as it tells which call it belongs to. */
export interface CallPiece {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

interface KnownCall {
  readonly key: number;
  id: string;
  named: boolean;
  readonly arguments: CompleteJson;
}

/**
 * Tells the streamed calls of one choice apart. OpenAI numbers them; some vendors leave the number out, give every call the same
 * one, or send no ids, so a new id, or another name after complete arguments, begins another call too.
 */
export class ToolCallKeys {
  readonly #byIndex = new Map<number, KnownCall>();
  readonly #byId = new Map<string, KnownCall>();
  #latest: KnownCall | undefined;
  #nextKey = 0;

  keyOf(piece: CallPiece): number {
    const known = this.#find(piece);
    const call = known === undefined || this.#isAnother(known, piece) ? this.#begin() : known;
    call.id ||= piece.id;
    call.named ||= piece.name !== '';
    call.arguments.push(piece.arguments);
    if (piece.index !== undefined) this.#byIndex.set(piece.index, call);
    if (piece.id !== '') this.#byId.set(piece.id, call);
    this.#latest = call;
    return call.key;
  }

  #find({ index, id, name }: CallPiece): KnownCall | undefined {
    if (index !== undefined) return this.#byIndex.get(index);
    if (id !== '') return this.#byId.get(id);
    return name === '' || this.#latest?.named === false ? this.#latest : undefined;
  }

  #isAnother(known: KnownCall, { id, name, arguments: words }: CallPiece): boolean {
    if (id !== '' && known.id !== '') return id !== known.id;
    return id === '' && known.id === '' && name !== '' && words !== '' && known.arguments.complete;
  }

  #begin(): KnownCall {
    const call: KnownCall = { key: this.#nextKey, id: '', named: false, arguments: new CompleteJson() };
    this.#nextKey += 1;
    return call;
  }
}
