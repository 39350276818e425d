import type { Price } from '../price.ts';
import { byBudget, byEffort, claude } from './anthropic.ts';
import { documents, documentsReasoning, textReasoning, vision } from './capabilities.ts';
import type { CatalogModel, ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { scaled, usdTier, withLongContext } from './usd.ts';

type Facts = Omit<CatalogModel, 'id' | 'price'>;

const million: Facts = { contextTokens: 1_000_000, maxOutputTokens: 128_000, capabilities: byEffort };
const sonnet46: Facts = { ...million, maxOutputTokens: 64_000 };
const twoHundred: Facts = { contextTokens: 200_000, maxOutputTokens: 64_000, capabilities: byBudget };
const nova: Facts = { contextTokens: 300_000, maxOutputTokens: 10_000, capabilities: documents };
const novaMicro: Facts = {
  contextTokens: 128_000,
  maxOutputTokens: 10_000,
  capabilities: { ...documents, input: ['text'] },
};
const nova2: Facts = { contextTokens: 1_000_000, maxOutputTokens: 64_000, capabilities: documentsReasoning };

const everywhere = ['us', 'eu', 'au', 'jp', 'apac'];

/** Anthropic's own rates through the global inference profile, a tenth more through those that stay in a geography. */
function claudeOn(
  model: string,
  geographies: readonly string[],
  { price, ...facts }: Facts & { price: Price },
): CatalogModel[] {
  const ids = geographies.map((geography) => `${geography}.anthropic.${model}`);
  return [
    ...rows([`global.anthropic.${model}`], { ...facts, price }),
    ...rows(ids, { ...facts, price: scaled(price, 1.1) }),
  ];
}

/**
 * Standard tier, by inference profile, whose prefix fixes the rate. Left out: ids without a prefix, whose rate depends on the region
 * that is called, which a price here does not know; and OpenAI's models, which Converse does not serve. A price list that reads
 * AWS's own price files; checked against Anthropic's rates.
 */
export const bedrockCatalog: ProviderCatalog = {
  source: 'https://aws.amazon.com/bedrock/pricing/',
  asOf: '2026-11-22',
  models: [
    ...claudeOn('claude-fable-5-1', ['us', 'eu'], { ...million, price: claude(10, 50, 0.25) }),
    ...claudeOn('claude-fable-5', ['us', 'eu', 'au', 'apac'], { ...million, price: claude(10, 50, 1) }),
    ...claudeOn('claude-opus-5-5', everywhere, { ...million, price: claude(4, 20, 0.2) }),
    ...claudeOn('claude-opus-5', everywhere, { ...million, price: claude(5, 25, 0.5) }),
    ...claudeOn('claude-opus-4-8', everywhere, { ...million, price: claude(5, 25, 0.5) }),
    ...claudeOn('claude-opus-4-7', everywhere, { ...million, price: claude(5, 25, 0.5) }),
    ...claudeOn('claude-opus-4-6-v1', ['us', 'eu', 'au'], { ...million, price: claude(5, 25, 0.5) }),
    ...claudeOn('claude-opus-4-5-20251101-v1:0', ['us', 'eu'], { ...twoHundred, price: claude(5, 25, 0.5) }),
    ...claudeOn('claude-sonnet-5-5', everywhere, { ...million, price: claude(2, 10, 0.1) }),
    ...claudeOn('claude-sonnet-5', everywhere, { ...million, price: claude(2, 10, 0.2) }),
    ...claudeOn('claude-sonnet-4-6', everywhere, { ...sonnet46, price: claude(3, 15, 0.3) }),
    ...claudeOn('claude-sonnet-4-5-20250929-v1:0', ['us', 'eu', 'au', 'jp'], {
      ...twoHundred,
      price: claude(3, 15, 0.3),
    }),
    ...claudeOn('claude-haiku-5-5', everywhere, {
      ...million,
      price: withLongContext(claude(0.1, 0.5, 0.01), { aboveInputTokens: 100_000, input: 5, output: 5 }),
    }),
    ...claudeOn('claude-haiku-4-5-20251001-v1:0', ['us', 'eu', 'au', 'jp'], {
      ...twoHundred,
      price: claude(1, 5, 0.1),
    }),
    ...rows(['global.amazon.nova-2-lite-v1:0'], { ...nova2, price: usdTier(0.3, 2.5, 0.075) }),
    ...rows(['us.amazon.nova-2-lite-v1:0'], { ...nova2, price: usdTier(0.33, 2.75, 0.0825) }),
    ...rows(['eu.amazon.nova-2-lite-v1:0'], { ...nova2, price: usdTier(0.429, 3.597, 0.10725) }),
    ...rows(['apac.amazon.nova-2-lite-v1:0', 'jp.amazon.nova-2-lite-v1:0'], {
      ...nova2,
      price: usdTier(0.396, 3.311, 0.099),
    }),
    ...rows(['us.amazon.nova-pro-v1:0'], { ...nova, price: usdTier(0.8, 3.2, 0.2) }),
    ...rows(['eu.amazon.nova-pro-v1:0'], { ...nova, price: usdTier(1.05, 4.2, 0.2625) }),
    ...rows(['apac.amazon.nova-pro-v1:0'], { ...nova, price: usdTier(0.84, 3.36, 0.21) }),
    ...rows(['us.amazon.nova-lite-v1:0'], { ...nova, price: usdTier(0.06, 0.24, 0.015) }),
    ...rows(['eu.amazon.nova-lite-v1:0'], { ...nova, price: usdTier(0.078, 0.312, 0.0195) }),
    ...rows(['apac.amazon.nova-lite-v1:0'], { ...nova, price: usdTier(0.063, 0.252, 0.01575) }),
    ...rows(['us.amazon.nova-micro-v1:0'], { ...novaMicro, price: usdTier(0.035, 0.14, 0.00875) }),
    ...rows(['eu.amazon.nova-micro-v1:0'], { ...novaMicro, price: usdTier(0.046, 0.184, 0.0115) }),
    ...rows(['apac.amazon.nova-micro-v1:0'], { ...novaMicro, price: usdTier(0.037, 0.148, 0.00925) }),
    ...rows(['us.meta.llama4-maverick-17b-instruct-v1:0'], {
      contextTokens: 1_000_000,
      maxOutputTokens: 8_192,
      capabilities: { input: ['text', 'image'], tools: true, reasoning: false },
      price: usdTier(0.24, 0.97),
    }),
    ...rows(['us.meta.llama3-3-70b-instruct-v1:0'], {
      contextTokens: 128_000,
      maxOutputTokens: 4_096,
      capabilities: { input: ['text'], tools: true, reasoning: false },
      price: usdTier(0.72, 0.72),
    }),
    ...rows(['us.mistral.pixtral-large-2502-v1:0', 'eu.mistral.pixtral-large-2502-v1:0'], {
      contextTokens: 128_000,
      maxOutputTokens: 16_384,
      capabilities: vision,
      price: usdTier(2, 6),
    }),
    ...rows(['us.deepseek.v3.2'], {
      contextTokens: 163_840,
      maxOutputTokens: 163_840,
      capabilities: textReasoning,
      price: usdTier(0.62, 1.85),
    }),
    ...rows(['eu.deepseek.v3.2'], {
      contextTokens: 163_840,
      maxOutputTokens: 163_840,
      capabilities: textReasoning,
      price: usdTier(0.74, 2.22),
    }),
    ...rows(['us.cohere.embed-v4:0', 'global.cohere.embed-v4:0'], {
      protocols: ['bedrock-embeddings'],
      contextTokens: 128_000,
      maxOutputTokens: 0,
      price: usdTier(0.12, 0),
    }),
  ],
};
