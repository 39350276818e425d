import type { FinishReason } from '../protocol.ts';
import { CompleteJson } from './complete-json.ts';
import type { OpaqueState } from './opaque.ts';
import type { BlockStart, CanonicalEvent, Reading } from './response.ts';
import { settleFinishReason } from './settle-finish-reason.ts';
import type { ToolCallIds } from './tool-call-ids.ts';

type ToolCallReading = Extract<Reading, { type: 'tool-call' }>;
type Key = ToolCallReading['key'];
type TextKind = 'text' | 'refusal' | 'reasoning';

/** What goes into a block, without the numbers that the block gets when it opens. */
export type Piece =
  | { readonly type: 'delta'; readonly text: string }
  | Omit<Extract<CanonicalEvent, { type: 'citation' }>, 'choice' | 'index'>
  | Omit<Extract<CanonicalEvent, { type: 'logprobs' }>, 'choice' | 'index'>
  | { readonly type: 'state'; readonly state: OpaqueState };

interface Call {
  readonly key: Key;
  id: string;
  name: string;
  state: OpaqueState | undefined;
  readonly arguments: CompleteJson;
}

interface Block {
  readonly kind: BlockStart['kind'];
  /** `undefined` for a tool call, whose id and name may come late. */
  readonly start: BlockStart | undefined;
  readonly call: Call | undefined;
  readonly waiting: Piece[];
  opened: boolean;
  ended: boolean;
}

/**
 * The blocks of one choice, in the order in which they began. The first one is open and streams; the others wait behind it, which
 * only happens where a provider mixes the arguments of parallel calls, or other content into a call whose arguments are not
 * complete. Nothing is lost then, only later.
 */
export class ChoiceBlocks {
  readonly #choice: number;
  readonly #ids: ToolCallIds;
  readonly #queue: Block[] = [];
  readonly #calls = new Map<Key, Block>();
  /** Where the provider wrote last. */
  #latest: Block | undefined;
  #nextIndex = 0;
  #toolCalls = false;
  #refusal = false;
  #said: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | undefined;

  constructor(choice: number, ids: ToolCallIds) {
    this.#choice = choice;
    this.#ids = ids;
  }

  text(kind: TextKind, text: string): readonly CanonicalEvent[] {
    if (text === '') return [];
    return this.#write(this.#last(kind), { type: 'delta', text });
  }

  /** A citation or log probabilities: about the text they come with, or about none, in a block of their own. */
  note(piece: Piece): readonly CanonicalEvent[] {
    const { kind } = this.#queue.at(-1) ?? { kind: 'text' };
    return this.#write(this.#last(kind === 'refusal' && piece.type === 'logprobs' ? 'refusal' : 'text'), piece);
  }

  /** Ends its block: two states cannot belong to one. */
  state(of: 'reasoning' | 'text', state: OpaqueState): readonly CanonicalEvent[] {
    const block = this.#last(of);
    block.ended = true;
    return this.#write(block, { type: 'state', state });
  }

  /** A block that comes as a whole. */
  whole(start: BlockStart): readonly CanonicalEvent[] {
    const block = this.#append({ kind: start.kind, start });
    block.ended = true;
    return this.#advance();
  }

  toolCall({ key, id = '', name, state }: ToolCallReading): readonly CanonicalEvent[] {
    const known = this.#calls.get(key);
    // A key that comes again after its call has ended is another call's, unless the id says otherwise.
    if (known?.ended === true && (id === '' || id !== known.call?.id)) this.#calls.delete(key);
    const { call } = this.#callOf(key, id);
    if (call !== undefined) {
      call.id ||= id;
      call.name ||= name;
      call.state ??= state;
    }
    return this.#advance();
  }

  /** What comes after a call has ended is dropped: its document was complete. */
  toolArguments(key: Key, text: string): readonly CanonicalEvent[] {
    const block = this.#callOf(key, '');
    if (text === '' || block.ended) return [];
    block.call?.arguments.push(text);
    return this.#write(block, { type: 'delta', text });
  }

  blockEnd(): readonly CanonicalEvent[] {
    if (this.#latest !== undefined) this.#latest.ended = true;
    return this.#advance();
  }

  /** The last word of a provider that says it twice. */
  finish(reason: FinishReason, stopSequence: string | undefined): void {
    this.#said = { reason, stopSequence };
  }

  get finishReason(): FinishReason | undefined {
    return this.#said && settleFinishReason(this.#said.reason, { toolCalls: this.#toolCalls, refusal: this.#refusal });
  }

  close(): readonly CanonicalEvent[] {
    for (const block of this.#queue) block.ended = true;
    return this.#advance();
  }

  finishEvent(): CanonicalEvent {
    const reason = settleFinishReason(this.#said?.reason, { toolCalls: this.#toolCalls, refusal: this.#refusal });
    return { type: 'finish', choice: this.#choice, reason, stopSequence: this.#said?.stopSequence };
  }

  /** The last block, if more of this kind belongs to it; otherwise a new one. */
  #last(kind: TextKind): Block {
    const last = this.#queue.at(-1);
    return last?.kind === kind && !last.ended ? last : this.#append({ kind, start: { kind } });
  }

  #callOf(key: Key, id: string): Block {
    const known = this.#calls.get(key);
    if (known !== undefined && (id === '' || known.call?.id === '' || known.call?.id === id)) {
      return known;
    }
    const call: Call = { key, id, name: '', state: undefined, arguments: new CompleteJson() };
    const block = this.#append({ kind: 'tool-call', start: undefined, call });
    this.#calls.set(key, block);
    return block;
  }

  #append({ kind, start, call }: { kind: Block['kind']; start: Block['start']; call?: Call }): Block {
    const block: Block = { kind, start, call, waiting: [], opened: false, ended: false };
    this.#queue.push(block);
    this.#latest = block;
    return block;
  }

  #write(block: Block, piece: Piece): readonly CanonicalEvent[] {
    block.waiting.push(piece);
    this.#latest = block;
    return this.#advance();
  }

  /** All that can be sent by now. */
  #advance(): readonly CanonicalEvent[] {
    const events: CanonicalEvent[] = [];
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (!this.#open(head, events)) break;
      const index = this.#nextIndex - 1;
      for (const piece of head.waiting.splice(0)) events.push({ ...piece, choice: this.#choice, index });
      if (!head.ended && (this.#queue.length === 1 || head.call?.arguments.complete === false)) break;
      this.#stop(head, index, events);
    }
    return events;
  }

  /** Whether the block is open afterwards: a call has to wait for its name, unless none will come. */
  #open(block: Block, events: CanonicalEvent[]): boolean {
    if (block.opened) return true;
    if (block.call?.name === '' && !block.ended) return false;
    const start = block.start ?? this.#startOfCall(block.call);
    if (start === undefined) return false;
    block.opened = true;
    if (start.kind === 'refusal') this.#refusal = true;
    events.push({ type: 'block-start', choice: this.#choice, index: this.#nextIndex, block: start });
    this.#nextIndex += 1;
    return true;
  }

  #startOfCall(call: Call | undefined): BlockStart | undefined {
    if (call === undefined) return undefined;
    this.#toolCalls = true;
    const { name, state } = call;
    return { kind: 'tool-call', id: this.#ids.take(call.id), name, ...(state !== undefined && { state }) };
  }

  #stop(block: Block, index: number, events: CanonicalEvent[]): void {
    block.ended = true;
    // Clients parse the arguments of every call, those of a call without any too.
    if (block.call?.arguments.begun === false) events.push({ type: 'delta', choice: this.#choice, index, text: '{}' });
    events.push({ type: 'block-stop', choice: this.#choice, index });
    this.#queue.shift();
  }
}
