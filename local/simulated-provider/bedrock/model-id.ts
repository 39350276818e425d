import { type ModelPurpose, type RequestedModel, requireModel } from '../models.ts';

/** Bedrock's embedding models, which differ in what they are sent. */
const embeddingModels = /^(?:[a-z]{2,6}\.)?(?:amazon\.titan-embed|cohere\.embed)/;

/** Bedrock's ids name the vendor, and a region where there is one: `anthropic.echo` and `eu.anthropic.echo` are `echo`. */
export function requireBedrockModel(id: string, purpose: ModelPurpose): RequestedModel {
  if (purpose === 'embedding' && embeddingModels.test(id)) return { id: 'embedding', name: id, parameters: {} };
  return requireModel(id.replace(/^(?:[a-z]+\.)+/, ''), purpose);
}
