import { type ProtocolKind, protocolKind, type ProtocolName } from './protocol-name.ts';
import type { Dialect } from './protocol.ts';

/** One model as lists of models tell of it. */
export interface ListedModel {
  readonly id: string;
  /** The provider's name. */
  readonly owner: string;
  /** Further names that a client may ask for it by. */
  readonly names: readonly string[];
  readonly protocols: readonly ProtocolName[];
  readonly contextTokens?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
}

/**
 * All models in one page, whatever the client's page size: none has more of them than fit.
 *
 * https://platform.openai.com/docs/api-reference/models/list
 * https://docs.anthropic.com/en/api/models-list
 * https://ai.google.dev/api/models
 */
export function renderModels(models: readonly ListedModel[], dialect: Dialect): object {
  const data = models.map((model) => describe(model, model.id, dialect));
  switch (dialect) {
    case 'anthropic':
      return { data, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null };
    case 'gemini':
      return { models: data };
    default:
      return { object: 'list', data };
  }
}

/**
 * The model of that name under the name it was asked by; `undefined` where there is none, or where a name without its provider
 * stands for several.
 *
 * @param name as it stands in the path
 */
export function renderModel(models: readonly ListedModel[], name: string, dialect: Dialect): object | undefined {
  const wanted = decoded(name);
  const [only, ...more] = models.filter(({ id }) => id === wanted);
  const [short, ...others] = models.filter(({ names }) => names.includes(wanted));
  const found = more.length === 0 && only !== undefined ? only : others.length === 0 ? short : undefined;
  return found && describe(found, wanted, dialect);
}

function describe(model: ListedModel, id: string, dialect: Dialect): object {
  const { owner, contextTokens, maxOutputTokens } = model;
  switch (dialect) {
    case 'anthropic':
      // The form that is documented for a day of release that is not known.
      return {
        type: 'model',
        id,
        display_name: id,
        created_at: '1970-01-01T00:00:00Z',
        max_input_tokens: contextTokens ?? null,
        max_tokens: maxOutputTokens ?? null,
      };
    case 'gemini':
      return {
        name: `models/${id}`,
        displayName: id,
        supportedGenerationMethods: methodsOf(model),
        ...(contextTokens !== undefined && { inputTokenLimit: contextTokens }),
        ...(maxOutputTokens !== undefined && { outputTokenLimit: maxOutputTokens }),
      };
    default:
      return { id, object: 'model', created: 0, owned_by: owner };
  }
}

const methods: Partial<Readonly<Record<ProtocolKind, readonly string[]>>> = {
  chat: ['generateContent', 'countTokens'],
  embeddings: ['embedContent', 'batchEmbedContents'],
};

/** What Gemini's clients can ask of it. A provider that speaks both has most of its models for chat. */
function methodsOf({ protocols }: ListedModel): readonly string[] {
  const kinds = protocols.map(protocolKind);
  return (kinds.includes('chat') ? methods.chat : kinds.includes('embeddings') && methods.embeddings) || [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
