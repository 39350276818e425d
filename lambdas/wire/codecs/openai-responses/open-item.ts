import type { ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { OpaqueState } from '../../canonical/opaque.ts';
import type { Citation } from '../../canonical/request.ts';
import type { BlockStart, TokenLogprob } from '../../canonical/response.ts';

type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;

/** An event of a stream before it gets its number. */
export type ItemEvent = Unnumbered<ResponseStreamEvent>;

export type ItemStatus = 'completed' | 'incomplete';

/** Which item an event is about. */
export interface Place {
  readonly output_index: number;
  readonly item_id: string;
}

/** One item of an answer while it grows. Each method gives the events that tell the client of it. */
export interface OpenItem {
  /** As it stands. */
  readonly item: ResponseOutputItem;
  /** Whether this block goes into the item too. */
  takes(block: BlockStart): boolean;
  start(block: BlockStart): readonly ItemEvent[];
  delta(text: string): readonly ItemEvent[];
  cite?(citation: Citation): void;
  logprobs?(logprobs: readonly TokenLogprob[]): readonly ItemEvent[];
  sign?(state: OpaqueState): void;
  /** Ends the block, not the item. */
  stop(): readonly ItemEvent[];
  close(status: ItemStatus): void;
}
