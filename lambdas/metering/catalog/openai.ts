import { freePrice, type Price } from '../price.ts';
import { documents, documentsReasoning } from './capabilities.ts';
import type { ProviderCatalog } from './model.ts';
import { rows } from './rows.ts';
import { usd, usdTier, withLongContext } from './usd.ts';

/** Models with a million tokens of context: above 272K of input, twice the input and cache rates and 1.5 times the output. */
const above272k = { aboveInputTokens: 272_000, input: 2, output: 1.5 };

/** From GPT-5.6 on: cache writes cost 1.25 times the input rate for 30 minutes, 2.5 times for 12 hours. */
function withCacheWrites(input: number, output: number, cacheRead: number): Price {
  const tier = usdTier(input, output, cacheRead);
  const cacheWritePerMillion = tier.inputPerMillion * 1.25;
  const cacheWrite1hPerMillion = tier.inputPerMillion * 2.5;
  return withLongContext({ ...tier, cacheWritePerMillion, cacheWrite1hPerMillion }, above272k);
}

const reasoning = { capabilities: documentsReasoning };
const million = { contextTokens: 1_050_000, maxOutputTokens: 128_000, ...reasoning };
const fourHundred = { contextTokens: 400_000, maxOutputTokens: 128_000, ...reasoning };
const twoHundred = { contextTokens: 200_000, maxOutputTokens: 100_000, ...reasoning };
const gpt41 = { contextTokens: 1_047_576, maxOutputTokens: 32_768, capabilities: documents };
const gpt4o = { contextTokens: 128_000, maxOutputTokens: 16_384, capabilities: documents };
const responsesOnly = { protocols: ['openai-responses'] } as const;
const images = { protocols: ['openai-images'], contextTokens: 64_000 } as const;
const transcription = { protocols: ['openai-transcriptions'], contextTokens: 16_000, maxOutputTokens: 2_000 } as const;
const speech = { protocols: ['openai-speech'], contextTokens: 16_000, maxOutputTokens: 16_000 } as const;
const moderation = { protocols: ['openai-moderations'], contextTokens: 32_768, maxOutputTokens: 0 } as const;
const embedding = { protocols: ['openai-embeddings'], contextTokens: 8_192, maxOutputTokens: 0 } as const;

/**
 * Standard processing, text and image input. GPT-6.2 (released 17 November 2026): Sol from OpenAI's model page, Astra from
 * accounts of its page, one of which puts the cached rate 60 % below GPT-6 Astra's. Every other row is what three price lists that
 * cite OpenAI's pricing page in October and November agree on, as on what the models take and can. Retired models are left out.
 */
export const openaiCatalog: ProviderCatalog = {
  source: 'https://developers.openai.com/api/docs/pricing',
  asOf: '2026-11-18',
  models: [
    ...rows(['gpt-6.2-astra'], { ...million, price: withCacheWrites(8, 40, 0.4) }),
    ...rows(['gpt-6.2-sol', 'gpt-6.1-sol'], { ...million, price: withCacheWrites(2, 10, 0.1) }),
    ...rows(['gpt-6.1-terra'], { ...million, price: withCacheWrites(1, 5, 0.05) }),
    ...rows(['gpt-6-astra'], { ...million, price: withCacheWrites(10, 50, 1) }),
    ...rows(['gpt-6-sol'], { ...million, price: withCacheWrites(2, 10, 0.2) }),
    ...rows(['gpt-6-luna'], { ...million, price: withCacheWrites(0.1, 0.5, 0.01) }),
    ...rows(['gpt-5.6', 'gpt-5.6-sol'], { ...million, price: withCacheWrites(4, 20, 0.4) }),
    ...rows(['gpt-5.6-terra'], { ...million, price: withCacheWrites(2, 12, 0.2) }),
    ...rows(['gpt-5.6-luna'], { ...million, price: withCacheWrites(0.2, 1.2, 0.02) }),
    ...rows(['gpt-5.5', 'gpt-5.5-2026-04-23'], { ...million, price: withLongContext(usdTier(5, 30, 0.5), above272k) }),
    ...rows(['gpt-5.4', 'gpt-5.4-2026-03-05'], {
      ...million,
      price: withLongContext(usdTier(2.5, 15, 0.25), above272k),
    }),
    ...rows(['gpt-5.5-pro', 'gpt-5.5-pro-2026-04-23', 'gpt-5.4-pro', 'gpt-5.4-pro-2026-03-05'], {
      ...million,
      ...responsesOnly,
      capabilities: { ...documentsReasoning, structuredOutput: false },
      price: withLongContext(usdTier(30, 180), above272k),
    }),
    ...rows(['gpt-5.4-mini', 'gpt-5.4-mini-2026-03-17'], { ...fourHundred, price: usdTier(0.75, 4.5, 0.075) }),
    ...rows(['gpt-5.4-nano', 'gpt-5.4-nano-2026-03-17'], { ...fourHundred, price: usdTier(0.2, 1.25, 0.02) }),
    ...rows(['gpt-5.3-codex'], { ...fourHundred, ...responsesOnly, price: usdTier(1.75, 14, 0.175) }),
    ...rows(['gpt-5.2', 'gpt-5.2-2025-12-11'], { ...fourHundred, price: usdTier(1.75, 14, 0.175) }),
    ...rows(['gpt-5.2-pro', 'gpt-5.2-pro-2025-12-11'], { ...fourHundred, ...responsesOnly, price: usdTier(21, 168) }),
    ...rows(['gpt-5.1', 'gpt-5.1-2025-11-13', 'gpt-5', 'gpt-5-2025-08-07'], {
      ...fourHundred,
      price: usdTier(1.25, 10, 0.125),
    }),
    ...rows(['gpt-5-mini', 'gpt-5-mini-2025-08-07'], { ...fourHundred, price: usdTier(0.25, 2, 0.025) }),
    ...rows(['gpt-5-nano', 'gpt-5-nano-2025-08-07'], { ...fourHundred, price: usdTier(0.05, 0.4, 0.005) }),
    ...rows(['gpt-5-pro', 'gpt-5-pro-2025-10-06'], {
      ...responsesOnly,
      ...reasoning,
      contextTokens: 400_000,
      maxOutputTokens: 272_000,
      price: usdTier(15, 120),
    }),
    ...rows(['gpt-4.1', 'gpt-4.1-2025-04-14'], { ...gpt41, price: usdTier(2, 8, 0.5) }),
    ...rows(['gpt-4.1-mini', 'gpt-4.1-mini-2025-04-14'], { ...gpt41, price: usdTier(0.4, 1.6, 0.1) }),
    ...rows(['gpt-4o', 'gpt-4o-2024-11-20', 'gpt-4o-2024-08-06'], { ...gpt4o, price: usdTier(2.5, 10, 1.25) }),
    ...rows(['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'], { ...gpt4o, price: usdTier(0.15, 0.6, 0.075) }),
    ...rows(['o3', 'o3-2025-04-16'], { ...twoHundred, price: usdTier(2, 8, 0.5) }),
    ...rows(['o3-pro', 'o3-pro-2025-06-10'], { ...twoHundred, ...responsesOnly, price: usdTier(20, 80) }),
    // Text in, images out; a picture is never input of the endpoint that makes them.
    ...rows(['gpt-image-2', 'gpt-image-2-2026-04-21'], { ...images, maxOutputTokens: 24_000, price: usdTier(5, 30) }),
    // Sources differ on its input; the dearer one.
    ...rows(['gpt-image-1.5'], { ...images, maxOutputTokens: 8_000, price: usdTier(8, 32) }),
    ...rows(['gpt-image-1'], { ...images, maxOutputTokens: 8_000, price: usdTier(5, 40) }),
    ...rows(['gpt-image-1-mini'], { ...images, maxOutputTokens: 8_000, price: usdTier(2, 8) }),
    // The rate of audio for all input: the prompt beside it is a few words.
    ...rows(['gpt-4o-transcribe'], { ...transcription, price: usdTier(6, 10) }),
    ...rows(['gpt-4o-mini-transcribe'], { ...transcription, price: usdTier(3, 5) }),
    // By the second of audio ($0.006 per minute), and by the character.
    ...rows(['whisper-1'], {
      ...transcription,
      maxOutputTokens: 0,
      price: { ...usdTier(0, 0), perMillionUnits: usd(100) },
    }),
    ...rows(['tts-1'], { ...speech, maxOutputTokens: 0, price: { ...usdTier(0, 0), perMillionUnits: usd(15) } }),
    ...rows(['tts-1-hd'], { ...speech, maxOutputTokens: 0, price: { ...usdTier(0, 0), perMillionUnits: usd(30) } }),
    ...rows(['gpt-4o-mini-tts', 'gpt-4o-mini-tts-2025-12-15'], { ...speech, price: usdTier(0.6, 12) }),
    ...rows(['omni-moderation-latest', 'omni-moderation-2024-09-26'], { ...moderation, price: freePrice }),
    ...rows(['text-embedding-3-large'], { ...embedding, price: usdTier(0.13, 0) }),
    ...rows(['text-embedding-3-small'], { ...embedding, price: usdTier(0.02, 0) }),
    ...rows(['text-embedding-ada-002'], { ...embedding, price: usdTier(0.1, 0) }),
  ],
};
