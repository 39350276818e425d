import { textReasoning, visionReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usdTier } from './usd.ts';

const openWeights = { contextTokens: 131_072, maxOutputTokens: 65_536, capabilities: textReasoning };

/** On-demand rates of the text models Groq still lists; the date is the day on which two price lists that cite its page agreed. */
export const groqCatalog: ProviderCatalog = {
  source: 'https://console.groq.com/docs/models',
  asOf: '2026-11-22',
  models: [
    ...rows(['openai/gpt-oss-120b'], { ...openWeights, price: usdTier(0.15, 0.6, 0.075) }),
    ...rows(['openai/gpt-oss-20b', 'openai/gpt-oss-safeguard-20b'], {
      ...openWeights,
      price: usdTier(0.075, 0.3, 0.0375),
    }),
    ...rows(['qwen/qwen3.8-27b'], {
      contextTokens: 131_072,
      maxOutputTokens: 16_384,
      capabilities: visionReasoning,
      price: usdTier(0.8, 4),
    }),
  ],
};
