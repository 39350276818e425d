import { InvalidArgumentError } from 'commander';

export interface RouteTarget {
  readonly provider: string;
  readonly model: string;
  readonly weight?: number;
}

const largestWeight = 1_000_000;

/**
 * `openai/gpt-5-mini` or `openai/gpt-5-mini@3`, added to those before it. A model's own name may hold "/" and "@"; one that ends in
 * "@" and digits needs a weight behind it, because a guess would send requests elsewhere.
 *
 * @throws InvalidArgumentError
 */
export function collectTarget(text: string, previous: readonly RouteTarget[] = []): readonly RouteTarget[] {
  const match = /^([^/]+)\/(.+?)(?:@(\d+))?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give provider/model or provider/model@weight.');
  const [, provider = '', model = '', weight] = match;
  if (weight === undefined) return [...previous, { provider, model }];
  if (Number(weight) > largestWeight) {
    throw new InvalidArgumentError(
      `A weight is at most ${largestWeight}. If "@${weight}" belongs to the model's name, add a weight: …@${weight}@1.`,
    );
  }
  return [...previous, { provider, model, weight: Number(weight) }];
}
