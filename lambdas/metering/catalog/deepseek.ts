import { textReasoning, visionReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier } from './usd.ts';

const million = { contextTokens: 1_000_000, maxOutputTokens: 384_000 };

/**
 * Peak rates at all hours. DeepSeek halves them outside 01:00-04:00 and 06:00-10:00 UTC on Chinese working days; a price here has no
 * clock, so cost is exact at peak and twice the invoice otherwise, never below it. Limits are from DeepSeek's own page,
 * rates from two accounts of it, the later of 27 October 2026.
 */
export const deepseekCatalog: ProviderCatalog = {
  source: 'https://api-docs.deepseek.com/quick_start/pricing',
  asOf: '2026-10-27',
  models: [
    ...rows(['deepseek-flash', 'deepseek-v4-flash'], {
      ...million,
      capabilities: visionReasoning,
      price: usdTier(0.3, 1.2, 0.006),
    }),
    ...rows(['deepseek-v4-pro'], { ...million, capabilities: textReasoning, price: usdTier(1.32, 3.96, 0.044) }),
  ],
};
