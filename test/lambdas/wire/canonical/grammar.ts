import type { BlockStart, CanonicalEvent } from '../../../../lambdas/wire/canonical/response.ts';
import type { FinishReason } from '../../../../lambdas/wire/protocol.ts';

/** A block as the events tell it. */
export interface ReadBlock {
  readonly start: BlockStart;
  readonly text: string;
  readonly notes: readonly CanonicalEvent[];
  readonly state: Extract<CanonicalEvent, { type: 'state' }>['state'] | undefined;
}

export interface ReadChoice {
  readonly blocks: readonly ReadBlock[];
  readonly finishReason: FinishReason;
}

/**
 * Reads a whole sequence of canonical events by the grammar that `CanonicalEvent` promises, knowing nothing of who made it.
 *
 * @throws Error that says at which event the sequence is illegal.
 */
export function readSequence(events: readonly CanonicalEvent[]): ReadonlyMap<number, ReadChoice> {
  const choices = new Map<number, { blocks: Mutable[]; open: boolean; finishReason: FinishReason | undefined }>();
  const illegal = (at: number, problem: string): never => {
    throw new Error(`event ${at} (${JSON.stringify(events[at])}): ${problem}`);
  };
  if (events[0]?.type !== 'start') illegal(0, 'the first event must be "start"');
  if (events.at(-1)?.type !== 'end') illegal(events.length - 1, 'the last event must be "end"');
  let finishing = false;
  for (const [at, event] of events.entries()) {
    if (event.type === 'start' || event.type === 'end') {
      if (at !== (event.type === 'start' ? 0 : events.length - 1)) illegal(at, 'is out of place');
      continue;
    }
    const choice = choices.get(event.choice) ?? { blocks: [], open: false, finishReason: undefined };
    choices.set(event.choice, choice);
    if (event.type === 'finish') {
      if (choice.open || choice.finishReason !== undefined) illegal(at, 'a block is open, or the choice has finished');
      choice.finishReason = event.reason;
      finishing = true;
      continue;
    }
    if (finishing) illegal(at, 'comes after a "finish"');
    if (event.type === 'block-start') {
      if (choice.open) illegal(at, 'another block is open');
      if (event.index !== choice.blocks.length) illegal(at, 'the index must count up from 0');
      choice.blocks.push({ start: event.block, text: '', notes: [], state: undefined });
      choice.open = true;
      continue;
    }
    const block = choice.blocks.at(-1);
    if (block === undefined || !choice.open || event.index !== choice.blocks.length - 1) {
      return illegal(at, 'its block is not open');
    }
    if (event.type === 'block-stop') choice.open = false;
    else if (block.state !== undefined) illegal(at, "comes after the block's state");
    else if (event.type === 'state') block.state = event.state;
    else if (event.type === 'delta' && event.text === '') illegal(at, 'is empty');
    else if (event.type === 'delta') block.text += event.text;
    else block.notes.push(event);
  }
  if (choices.size === 0) illegal(events.length - 1, 'no choice has finished');
  return new Map(
    [...choices].map(([number, { blocks, finishReason }]) => [
      number,
      { blocks, finishReason: finishReason ?? illegal(events.length - 1, `choice ${number} has not finished`) },
    ]),
  );
}

interface Mutable {
  readonly start: BlockStart;
  text: string;
  readonly notes: CanonicalEvent[];
  state: ReadBlock['state'];
}
