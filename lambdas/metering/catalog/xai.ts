import type { Price } from '../price.ts';
import { vision, visionReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier, withLongContext } from './usd.ts';

/** Every Grok model: from 200K input tokens on (that many included), all rates double for the whole request. */
function grok(input: number, output: number, cacheRead: number): Price {
  return withLongContext(usdTier(input, output, cacheRead), { aboveInputTokens: 199_999, input: 2, output: 2 });
}

/** xAI documents no output limit of its own: an answer may fill what the input leaves of the context. */
const million = { contextTokens: 1_000_000, maxOutputTokens: 1_000_000, capabilities: visionReasoning };
const halfMillion = { contextTokens: 500_000, maxOutputTokens: 500_000, capabilities: visionReasoning };

/** From three price lists that agree; one of them reads xAI's model endpoint, the newest is of 26 October 2026. */
export const xaiCatalog: ProviderCatalog = {
  source: 'https://docs.x.ai/docs/models',
  asOf: '2026-10-26',
  models: [
    ...rows(['grok-4.7', 'grok-4.6'], { ...halfMillion, price: grok(2, 6, 0.5) }),
    ...rows(['grok-4.5', 'grok-4.5-latest'], { ...halfMillion, price: grok(2, 6, 0.3) }),
    ...rows(['grok-4.3', 'grok-4.3-latest', 'grok-4.20', 'grok-4.20-reasoning', 'grok-4.20-0309-reasoning'], {
      ...million,
      price: grok(1.25, 2.5, 0.2),
    }),
    ...rows(['grok-4.20-non-reasoning', 'grok-4.20-0309-non-reasoning'], {
      ...million,
      capabilities: vision,
      price: grok(1.25, 2.5, 0.2),
    }),
    ...rows(['grok-build-0.1'], {
      contextTokens: 256_000,
      maxOutputTokens: 256_000,
      capabilities: visionReasoning,
      price: grok(1, 2, 0.2),
    }),
  ],
};
