import { textReasoning, visionReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier } from './usd.ts';

/** They take `json_object`, but no schema, as far as anybody says. */
const withoutSchemas = { input: ['text'], tools: true, reasoning: true } as const;
const million = { contextTokens: 1_000_000, maxOutputTokens: 128_000, capabilities: textReasoning };
const twoHundred = { contextTokens: 200_000, maxOutputTokens: 128_000, capabilities: withoutSchemas };

/** From three price lists that agree and cite Z.ai's page, the newest of 21 October 2026. Free models need the operator's word. */
export const zaiCatalog: ProviderCatalog = {
  source: 'https://docs.z.ai/guides/overview/pricing',
  asOf: '2026-10-21',
  models: [
    ...rows(['glm-5.3', 'glm-5.2'], { ...million, price: usdTier(1.4, 4.4, 0.26) }),
    ...rows(['glm-5.3-flash'], { ...million, capabilities: visionReasoning, price: usdTier(0.15, 0.5, 0.03) }),
    ...rows(['glm-5.1'], { ...twoHundred, price: usdTier(1.4, 4.4, 0.26) }),
    ...rows(['glm-5'], { ...twoHundred, price: usdTier(1, 3.2, 0.2) }),
    ...rows(['glm-4.7', 'glm-4.6'], { ...twoHundred, price: usdTier(0.6, 2.2, 0.11) }),
  ],
};
