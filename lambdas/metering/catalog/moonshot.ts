import type { PriceTier } from '../price.ts';
import { visionReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier } from './usd.ts';

/** From K3 on: a cache write costs the input rate for 5 minutes and twice the input rate for 1 hour. */
function kimi3(input: number, output: number, cacheRead: number): PriceTier {
  const tier = usdTier(input, output, cacheRead);
  return { ...tier, cacheWritePerMillion: tier.inputPerMillion, cacheWrite1hPerMillion: tier.inputPerMillion * 2 };
}

/** An answer may fill what the input leaves of the context. */
const million = { contextTokens: 1_048_576, maxOutputTokens: 1_048_576, capabilities: visionReasoning };
const quarterMillion = { contextTokens: 262_144, maxOutputTokens: 262_144, capabilities: visionReasoning };

/** From three price lists that agree and cite Moonshot's pages, the newest of 23 October 2026. */
export const moonshotCatalog: ProviderCatalog = {
  source: 'https://platform.kimi.ai/docs/pricing/chat',
  asOf: '2026-10-23',
  models: [
    ...rows(['kimi-k3.1-pro'], { ...million, price: kimi3(2, 10, 0.2) }),
    ...rows(['kimi-k3'], { ...million, price: kimi3(3, 15, 0.3) }),
    ...rows(['kimi-k2.7-code'], { ...quarterMillion, price: usdTier(0.95, 4, 0.19) }),
    ...rows(['kimi-k2.6'], { ...quarterMillion, price: usdTier(0.95, 4, 0.16) }),
  ],
};
