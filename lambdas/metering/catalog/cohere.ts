import { text } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usd, usdTier } from './usd.ts';

const chat = { protocols: ['openai-chat'], capabilities: text } as const;
const rerank = { protocols: ['rerank'], contextTokens: 32_000, maxOutputTokens: 0 } as const;
const embedding = { protocols: ['cohere-embeddings', 'openai-embeddings'], maxOutputTokens: 0 } as const;

/**
 * From two price lists that cite Cohere's page, compared in detail with one of them; the searches of Rerank from pages of resellers.
 * Left out: Embed 5, of which one list alone has rates. Embed 4 is priced for texts: no client's protocol brings it an image.
 */
export const cohereCatalog: ProviderCatalog = {
  source: 'https://cohere.com/pricing',
  asOf: '2026-11-22',
  models: [
    ...rows(['command-a-03-2025'], {
      ...chat,
      contextTokens: 256_000,
      maxOutputTokens: 8_000,
      price: usdTier(2.5, 10),
    }),
    ...rows(['command-r-plus-08-2024'], {
      ...chat,
      contextTokens: 128_000,
      maxOutputTokens: 4_096,
      price: usdTier(2.5, 10),
    }),
    ...rows(['command-r-08-2024'], {
      ...chat,
      contextTokens: 128_000,
      maxOutputTokens: 4_096,
      price: usdTier(0.15, 0.6),
    }),
    ...rows(['command-r7b-12-2024'], {
      ...chat,
      contextTokens: 128_000,
      maxOutputTokens: 4_096,
      price: usdTier(0.0375, 0.15),
    }),
    // By the search. One source has 4 Pro at $2 for a thousand, as the others.
    ...rows(['rerank-v4.0-pro'], { ...rerank, price: { ...usdTier(0, 0), perMillionUnits: usd(2_500) } }),
    ...rows(['rerank-v4.0-fast', 'rerank-v3.5', 'rerank-english-v3.0', 'rerank-multilingual-v3.0'], {
      ...rerank,
      price: { ...usdTier(0, 0), perMillionUnits: usd(2_000) },
    }),
    ...rows(['embed-v4.0'], { ...embedding, contextTokens: 128_000, price: usdTier(0.12, 0) }),
    ...rows(['embed-english-v3.0', 'embed-multilingual-v3.0'], {
      ...embedding,
      contextTokens: 512,
      price: usdTier(0.1, 0),
    }),
  ],
};
