import type { Losses } from '../../canonical/losses.ts';
import type { SamplingOptions } from '../../canonical/request.ts';

interface Circumstances {
  /** False where the model takes defaults alone. */
  readonly adjustable: boolean;
  readonly thinking: boolean;
  readonly losses: Losses;
}

type Option = Exclude<keyof SamplingOptions, 'paths'>;

/**
 * Defaults are left out, since newer models refuse even those of what they do not take. With thinking neither temperature nor
 * top_k is taken, and top_p from 0.95; models since Claude 4.1 take temperature or top_p, not both.
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility
 */
export function encodeSampling(sampling: SamplingOptions, { adjustable, thinking, losses }: Circumstances): object {
  const drop = (option: Option, reason: string): undefined => {
    losses.drop(sampling.paths?.[option] ?? option, reason);
  };
  for (const option of ['frequencyPenalty', 'presencePenalty'] as const) {
    if ((sampling[option] ?? 0) !== 0) drop(option, 'it has no penalties');
  }
  if (sampling.seed !== undefined) drop('seed', 'it takes no seed');
  if (sampling.logprobs !== undefined) drop('logprobs', 'it gives no log probabilities');
  if ((sampling.choices ?? 1) !== 1) drop('choices', 'it gives one answer to a request');

  const fixed = !adjustable
    ? 'the model samples in its own way'
    : thinking
      ? 'a model that thinks takes the default'
      : undefined;
  const temperature = (value: number): number | undefined => {
    if (fixed !== undefined) return drop('temperature', fixed);
    return value > 1 ? drop('temperature', 'it takes 0 to 1') : value;
  };
  const topP = (value: number): number | undefined => {
    if (!adjustable || (thinking && value < 0.95)) return drop('topP', fixed ?? '');
    return (sampling.temperature ?? 1) === 1 ? value : drop('topP', 'it takes a temperature or top_p, not both');
  };
  const topK = (value: number): number | undefined => (fixed === undefined ? value : drop('topK', fixed));

  const values = {
    temperature:
      sampling.temperature === undefined || sampling.temperature === 1 ? undefined : temperature(sampling.temperature),
    top_p: sampling.topP === undefined || sampling.topP === 1 ? undefined : topP(sampling.topP),
    top_k: sampling.topK === undefined ? undefined : topK(sampling.topK),
    stop_sequences: encodeStopSequences(sampling.stopSequences, drop),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function encodeStopSequences(
  sequences: readonly string[] = [],
  drop: (option: Option, reason: string) => undefined,
): readonly string[] | undefined {
  const legal = sequences.filter((sequence) => sequence.trim() !== '');
  if (legal.length < sequences.length) drop('stopSequences', 'a stop sequence needs more than white space');
  return legal.length === 0 ? undefined : legal;
}
