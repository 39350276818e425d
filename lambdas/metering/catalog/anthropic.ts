import type { ModelCapabilities } from '../../wire/canonical/codec.ts';
import type { PriceTier } from '../price.ts';
import { documentsReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier, withLongContext } from './usd.ts';

/** Every Claude model: a cache write costs 1.25 times the input rate for 5 minutes and twice the input rate for 1 hour. */
export function claude(input: number, output: number, cacheRead: number): PriceTier {
  const tier = usdTier(input, output, cacheRead);
  return {
    ...tier,
    cacheWritePerMillion: tier.inputPerMillion * 1.25,
    cacheWrite1hPerMillion: tier.inputPerMillion * 2,
  };
}

/** Claude 4.6 and later think as hard as the effort says, earlier ones up to a number of tokens. */
export const byEffort: ModelCapabilities = { ...documentsReasoning, reasoningBy: 'effort' };
export const byBudget: ModelCapabilities = { ...documentsReasoning, reasoningBy: 'budget' };

const million = { contextTokens: 1_000_000, maxOutputTokens: 128_000, capabilities: byEffort };
const twoHundred = { contextTokens: 200_000, maxOutputTokens: 64_000, capabilities: byBudget };

/**
 * Standard speed, global inference. Read from copies of the price page and of the models' own pages, compared with two price
 * lists that cite them; Fable 5.2 and Mythos 5.2 (released 9 November 2026) from those lists. Ids are those of
 * `@anthropic-ai/sdk` 1.12.0. Mythos has limited availability and shares Fable's price. What the models can: the same lists and
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking.
 */
export const anthropicCatalog: ProviderCatalog = {
  source: 'https://platform.claude.com/docs/en/about-claude/pricing',
  asOf: '2026-11-10',
  models: [
    ...rows(['claude-fable-5-2', 'claude-mythos-5-2'], { ...million, price: claude(8, 40, 0.2) }),
    ...rows(['claude-fable-5-1', 'claude-mythos-5-1'], { ...million, price: claude(10, 50, 0.25) }),
    ...rows(['claude-fable-5', 'claude-mythos-5'], { ...million, price: claude(10, 50, 1) }),
    ...rows(['claude-opus-5-5'], { ...million, price: claude(4, 20, 0.2) }),
    ...rows(['claude-opus-5', 'claude-opus-4-8', 'claude-opus-4-7', 'claude-opus-4-6'], {
      ...million,
      price: claude(5, 25, 0.5),
    }),
    ...rows(['claude-opus-4-5', 'claude-opus-4-5-20251101'], { ...twoHundred, price: claude(5, 25, 0.5) }),
    ...rows(['claude-sonnet-5-5'], { ...million, price: claude(2, 10, 0.1) }),
    ...rows(['claude-sonnet-5'], { ...million, price: claude(2, 10, 0.2) }),
    ...rows(['claude-sonnet-4-6'], { ...million, price: claude(3, 15, 0.3) }),
    ...rows(['claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'], { ...twoHundred, price: claude(3, 15, 0.3) }),
    ...rows(['claude-haiku-5-5'], {
      ...million,
      price: withLongContext(claude(0.1, 0.5, 0.01), { aboveInputTokens: 100_000, input: 5, output: 5 }),
    }),
    ...rows(['claude-haiku-4-5', 'claude-haiku-4-5-20251001'], { ...twoHundred, price: claude(1, 5, 0.1) }),
  ],
};
