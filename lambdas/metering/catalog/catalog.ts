import { anthropicCatalog } from './anthropic.ts';
import { bedrockCatalog } from './bedrock.ts';
import { cohereCatalog } from './cohere.ts';
import { deepseekCatalog } from './deepseek.ts';
import { googleCatalog } from './google.ts';
import { groqCatalog } from './groq.ts';
import { mistralCatalog } from './mistral.ts';
import type { CatalogModel, ProviderCatalog } from './model.ts';
import { moonshotCatalog } from './moonshot.ts';
import { openaiCatalog } from './openai.ts';
import { voyageCatalog } from './voyage.ts';
import { xaiCatalog } from './xai.ts';
import { zaiCatalog } from './zai.ts';

/** The one list of catalogs, by the provider's name in `providers/registry.ts`. */
export const catalogs: Readonly<Record<string, ProviderCatalog>> = {
  openai: openaiCatalog,
  anthropic: anthropicCatalog,
  google: googleCatalog,
  bedrock: bedrockCatalog,
  mistral: mistralCatalog,
  groq: groqCatalog,
  deepseek: deepseekCatalog,
  xai: xaiCatalog,
  moonshot: moonshotCatalog,
  zai: zaiCatalog,
  cohere: cohereCatalog,
  voyage: voyageCatalog,
};

const modelsByProvider: ReadonlyMap<string, ReadonlyMap<string, CatalogModel>> = new Map(
  Object.entries(catalogs).map(([provider, { models }]) => [
    provider,
    new Map(models.map((model) => [model.id, model])),
  ]),
);

/**
 * The model a provider serves under exactly this id, or `undefined`. Never a guess by prefix: a model that only looks like a
 * known one may cost ten times as much.
 */
export function findCatalogModel(provider: string, model: string): CatalogModel | undefined {
  return modelsByProvider.get(provider)?.get(model);
}

/** Every model the catalog knows of a provider, in the order of its file; none for a provider without a catalog. */
export function listCatalogModels(provider: string): readonly CatalogModel[] {
  return Object.hasOwn(catalogs, provider) ? (catalogs[provider]?.models ?? []) : [];
}
