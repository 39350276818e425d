import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier } from './usd.ts';

const embedding = { protocols: ['voyage-embeddings'], contextTokens: 32_000, maxOutputTokens: 0 } as const;
const rerank = { protocols: ['rerank'], contextTokens: 32_000, maxOutputTokens: 0 } as const;

/**
 * Beyond the free allowance of an account. From a price list that cites Voyage's page. Multimodal models are left out: they charge
 * by the pixel too.
 */
export const voyageCatalog: ProviderCatalog = {
  source: 'https://docs.voyageai.com/docs/pricing',
  asOf: '2026-11-22',
  models: [
    ...rows(['voyage-4-large', 'voyage-code-4'], { ...embedding, price: usdTier(0.12, 0) }),
    ...rows(['voyage-4'], { ...embedding, price: usdTier(0.06, 0) }),
    ...rows(['voyage-4-lite'], { ...embedding, price: usdTier(0.02, 0) }),
    ...rows(['voyage-3-large', 'voyage-code-3'], { ...embedding, price: usdTier(0.18, 0) }),
    ...rows(['voyage-3.5'], { ...embedding, price: usdTier(0.06, 0) }),
    ...rows(['voyage-3.5-lite'], { ...embedding, price: usdTier(0.02, 0) }),
    ...rows(['rerank-3', 'rerank-2.5'], { ...rerank, price: usdTier(0.05, 0) }),
    ...rows(['rerank-3-lite', 'rerank-2.5-lite'], { ...rerank, price: usdTier(0.02, 0) }),
  ],
};
