import { text, vision, visionReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier } from './usd.ts';

/** Mistral documents no output limit of its own: an answer may fill what the input leaves of the context. */
const million = { contextTokens: 1_048_576, maxOutputTokens: 1_048_576, capabilities: visionReasoning };
const quarterMillion = { contextTokens: 262_144, maxOutputTokens: 262_144, capabilities: visionReasoning };
const half = { contextTokens: 131_072, maxOutputTokens: 131_072, capabilities: vision };
const code = { contextTokens: 128_000, maxOutputTokens: 128_000, capabilities: text };
const embedding = { protocols: ['openai-embeddings'], contextTokens: 8_192, maxOutputTokens: 0 } as const;

/**
 * Global endpoint (the EU and US endpoints charge 10 % more: override the price there). Large 4 as listed since 29 October 2026,
 * the rest from three price lists that read Mistral's page in October and agree. A `-latest` alias is priced as the model it
 * stood for then.
 */
export const mistralCatalog: ProviderCatalog = {
  source: 'https://mistral.ai/pricing/api',
  asOf: '2026-10-29',
  models: [
    ...rows(['mistral-large-4', 'mistral-large-4-0'], { ...million, price: usdTier(0.7, 2.1, 0.07) }),
    ...rows(['mistral-large-2512', 'mistral-large-latest'], {
      ...quarterMillion,
      capabilities: vision,
      price: usdTier(0.5, 1.5, 0.05),
    }),
    ...rows(['mistral-medium-2604', 'mistral-medium-3-5', 'mistral-medium-latest'], {
      ...quarterMillion,
      price: usdTier(1.5, 7.5, 0.15),
    }),
    ...rows(['mistral-small-2603', 'mistral-small-latest'], { ...quarterMillion, price: usdTier(0.15, 0.6, 0.015) }),
    ...rows(['codestral-2508', 'codestral-latest'], { ...code, price: usdTier(0.3, 0.9, 0.03) }),
    ...rows(['ministral-14b-2512', 'ministral-14b-latest'], {
      ...quarterMillion,
      capabilities: vision,
      price: usdTier(0.2, 0.2, 0.02),
    }),
    ...rows(['ministral-8b-2512', 'ministral-8b-latest'], {
      ...quarterMillion,
      capabilities: vision,
      price: usdTier(0.15, 0.15, 0.015),
    }),
    ...rows(['ministral-3b-2512', 'ministral-3b-latest'], { ...half, price: usdTier(0.1, 0.1, 0.01) }),
    ...rows(['mistral-embed'], { ...embedding, price: usdTier(0.1, 0) }),
    ...rows(['codestral-embed', 'codestral-embed-2505'], { ...embedding, price: usdTier(0.15, 0) }),
  ],
};
