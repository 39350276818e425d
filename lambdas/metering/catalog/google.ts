import type { ModelCapabilities } from '../../wire/canonical/codec.ts';
import type { Price } from '../price.ts';
import { everyInput } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier, withLongContext } from './usd.ts';

/** Pro models: above 200K input tokens twice the input and cache rates, 1.5 times the output rate. */
function pro(input: number, output: number, cacheRead: number): Price {
  return withLongContext(usdTier(input, output, cacheRead), { aboveInputTokens: 200_000, input: 2, output: 1.5 });
}

/** Gemini 3 and later think at a level, 2.5 up to a number of tokens. (https://ai.google.dev/gemini-api/docs/thinking) */
const byEffort: ModelCapabilities = { ...everyInput, reasoningBy: 'effort' };
const byBudget: ModelCapabilities = { ...everyInput, reasoningBy: 'budget' };
const million = { contextTokens: 1_048_576, maxOutputTokens: 65_536, capabilities: byEffort };

/**
 * Paid tier, standard processing, from two price lists that read Google's page up to 26 October 2026.
 *
 * - List prices, not introductory ones: Gemini 4 Argon is half price until 30 November 2026, Gemini 3.6 to 3.8 Flash until
 *   31 December 2026. A copy of this file outlives a promotion, and must not count too little from that day on.
 * - Models that charge audio input more than text (2.5 Flash, 3 Flash, 3.1 Flash Lite) are left out: a price has one input
 *   rate, and neither would be true.
 */
export const googleCatalog: ProviderCatalog = {
  source: 'https://ai.google.dev/gemini-api/docs/pricing',
  asOf: '2026-10-26',
  models: [
    ...rows(['gemini-4-argon'], { ...million, price: usdTier(4, 20, 0.2) }),
    ...rows(['gemini-3.8-flash', 'gemini-3.7-flash', 'gemini-3.6-flash'], {
      ...million,
      price: usdTier(1.5, 7.5, 0.15),
    }),
    ...rows(['gemini-3.5-flash'], { ...million, price: usdTier(1.5, 9, 0.15) }),
    ...rows(['gemini-3.5-flash-lite'], { ...million, price: usdTier(0.3, 2.5, 0.03) }),
    ...rows(['gemini-3.1-pro-preview'], { ...million, price: pro(2, 12, 0.2) }),
    ...rows(['gemini-2.5-pro'], { ...million, capabilities: byBudget, price: pro(1.25, 10, 0.125) }),
    ...rows(['gemini-embedding-001'], {
      protocols: ['gemini-embeddings'],
      contextTokens: 2_048,
      maxOutputTokens: 0,
      price: usdTier(0.15, 0),
    }),
  ],
};
