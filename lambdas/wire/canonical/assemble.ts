import type { TokenUsage } from '../../metering/token-usage.ts';
import type { ResponseFacts } from '../protocol.ts';
import { ChoiceBlocks } from './choice-blocks.ts';
import type { CanonicalEvent, Reading } from './response.ts';
import { ToolCallIds } from './tool-call-ids.ts';

/** Makes the strict sequence that `CanonicalEvent` promises out of what a provider said, in whatever order it said it. */
export interface Assembler {
  /**
   * Nothing comes after the events of an `end`, nor after an `error`, of which the caller tells the client itself. The `finish`
   * of every choice is held back for the end: some providers tell their usage only after it, and Anthropic's clients read both
   * from one event.
   */
  read(reading: Reading): readonly CanonicalEvent[];
  /** For a stream that is over: as if the provider had said so. Empty where it had. */
  end(): readonly CanonicalEvent[];
  /** What is known so far; the finish reason is the first choice's, once the provider has told one. */
  facts(): ResponseFacts;
  /** Readings that carried a piece of the answer: with their size the fallback for usage that never came. */
  contentEvents(): number;
}

/** @param seed Of the ids that are made for calls without one: the request's id. */
export function createAssembler(seed: string): Assembler {
  const ids = new ToolCallIds(seed);
  const choices = new Map<number, ChoiceBlocks>();
  let model: string | undefined;
  let usage: TokenUsage | undefined;
  let announced = false;
  let started = false;
  let ended = false;
  let contentEvents = 0;

  const choiceOf = (choice: number): ChoiceBlocks => {
    const known = choices.get(choice) ?? new ChoiceBlocks(choice, ids);
    choices.set(choice, known);
    return known;
  };
  /** `start` tells the usage, so it waits for it, but not longer than the first content does. */
  const startedWith = (events: readonly CanonicalEvent[]): readonly CanonicalEvent[] => {
    if (started) return events;
    started = true;
    return [{ type: 'start', model, usage }, ...events];
  };
  const end = (): readonly CanonicalEvent[] => {
    if (ended) return [];
    ended = true;
    choiceOf(choices.keys().next().value ?? 0);
    const inOrder = [...choices].toSorted(([one], [other]) => one - other).map(([, choice]) => choice);
    return startedWith([
      ...inOrder.flatMap((choice) => choice.close()),
      ...inOrder.map((choice) => choice.finishEvent()),
      { type: 'end', usage },
    ]);
  };

  const read = (reading: Reading): readonly CanonicalEvent[] => {
    if (ended) return [];
    switch (reading.type) {
      case 'start':
        model ??= reading.model;
        announced = true;
        return usage === undefined ? [] : startedWith([]);
      case 'usage':
        ({ usage } = reading);
        return announced ? startedWith([]) : [];
      case 'finish':
        choiceOf(reading.choice).finish(reading.reason, reading.stopSequence);
        return [];
      case 'end':
        return end();
      case 'error':
        ended = true;
        return [];
      default: {
        contentEvents += reading.type === 'block-end' ? 0 : 1;
        const events = readContent(choiceOf(reading.choice), reading);
        return events.length === 0 ? [] : startedWith(events);
      }
    }
  };

  return {
    read,
    end,
    facts: () => ({ usage, finishReason: (choices.get(0) ?? choices.values().next().value)?.finishReason }),
    contentEvents: () => contentEvents,
  };
}

type ContentReading = Exclude<Reading, { type: 'start' | 'usage' | 'finish' | 'end' | 'error' }>;

function readContent(blocks: ChoiceBlocks, reading: ContentReading): readonly CanonicalEvent[] {
  switch (reading.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return blocks.text(reading.type, reading.text);
    case 'state':
      return blocks.state(reading.of, reading.state);
    case 'redacted-reasoning':
      return blocks.whole({ kind: 'redacted-reasoning', state: reading.state });
    case 'image':
      return blocks.whole({ kind: 'image', mediaType: reading.mediaType, data: reading.data });
    case 'tool-call':
      return blocks.toolCall(reading);
    case 'tool-arguments':
      return blocks.toolArguments(reading.key, reading.text);
    case 'citation':
      return blocks.note({ type: 'citation', citation: reading.citation });
    case 'logprobs':
      return reading.logprobs.length === 0 ? [] : blocks.note({ type: 'logprobs', logprobs: reading.logprobs });
    case 'block-end':
      return blocks.blockEnd();
  }
}
