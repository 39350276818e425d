import { Refusal } from './refusal.ts';

/**
 * What may follow a model's name, as a query string: `echo?words=50&delay=20&input=100&output=50`. Client headers stop at the
 * gateway but a model name reaches the upstream unchanged, so this is how a caller (or a test) steers an answer.
 *
 * - `words`: number of words to answer; the words of the prompt are repeated as often as needed
 * - `first`: milliseconds before the first byte (before the status line, except for `silent`)
 * - `delay`: milliseconds between words
 * - `input`, `cacheRead`, `cacheWrite`: input tokens to report, never overlapping: OpenAI's `prompt_tokens` is their sum,
 *   Anthropic's `input_tokens` is `input` alone. One of them given switches the prompt cache off: the others are then the
 *   counted input and 0. `cacheWrite` is an Anthropic notion; OpenAI chat shows it as plain input
 * - `output`: output tokens to report, over all choices, whatever was sent and whatever the limit
 * - `strict`: 1 makes `reasoning` want its signature or encrypted reasoning back with every tool result, also where the vendor
 *   would go on without
 */
const parameterMaxima = {
  words: 100_000,
  first: 600_000,
  delay: 60_000,
  input: 1_000_000_000,
  cacheRead: 1_000_000_000,
  cacheWrite: 1_000_000_000,
  output: 1_000_000_000,
  strict: 1,
} as const;

export type ModelParameters = { readonly [name in keyof typeof parameterMaxima]?: number };

interface SimulatedModel {
  readonly id: string;
  readonly description: string;
  /** Parameters that hold where the model name sets none. */
  readonly defaults: ModelParameters;
  /** What endpoints serve it; absent: those that answer in text. The models whose job is to fail are served everywhere. */
  readonly serves?: ModelPurpose;
}

export type ModelPurpose = 'text' | 'embedding' | 'rerank' | 'moderation' | 'image' | 'speech' | 'transcription';

/** Every model of the simulated provider. */
export const simulatedModels = [
  { id: 'echo', description: 'Answers with the text of the last user message, word by word', defaults: {} },
  {
    id: 'slow',
    description: 'Echo, 1 s to the first word and 250 ms between words',
    defaults: { first: 1000, delay: 250 },
  },
  { id: 'long', description: 'Echo, repeated to 2,000 words, as fast as the reader reads', defaults: { words: 2000 } },
  {
    id: 'reasoning',
    description: 'Echo or a tool call, after some reasoning whose signature must come back with the tool’s result',
    defaults: {},
  },
  { id: 'tool-call', description: 'Calls a declared tool with arguments that fit its schema, else echo', defaults: {} },
  { id: 'parallel-tools', description: 'Calls each declared tool, a single one twice', defaults: {} },
  { id: 'structured', description: 'JSON that matches the schema of the request’s structured output', defaults: {} },
  { id: 'vision', description: 'Names type, size and digest of every image', defaults: {} },
  { id: 'document', description: 'Names type, size, digest and name of every document', defaults: {} },
  { id: 'citations', description: 'Echo, cited from a document of the request or else from a page', defaults: {} },
  { id: 'stop', description: 'Echo, as every model cut at the first stop sequence', defaults: {} },
  { id: 'refusal', description: 'Refuses, as the vendor’s models do', defaults: {} },
  { id: 'filtered', description: 'Starts to echo and is stopped by the vendor’s content filter', defaults: {} },
  { id: 'silent', description: 'Echo, after a status line and then 20 s of silence', defaults: { first: 20_000 } },
  { id: 'failing', description: 'Always HTTP 500', defaults: {} },
  { id: 'overloaded', description: 'Always too busy, in the vendor’s words: 429, 503 or 529', defaults: {} },
  { id: 'failing-midstream', description: 'A few words, then an error inside the stream', defaults: { words: 3 } },
  {
    id: 'embedding',
    description: 'Embeddings: a unit vector derived from a hash of the input',
    defaults: {},
    serves: 'embedding',
  },
  {
    id: 'rerank',
    description: 'Ranks documents by the words they share with the query',
    defaults: {},
    serves: 'rerank',
  },
  { id: 'moderation', description: 'Flags texts that say “violence”', defaults: {}, serves: 'moderation' },
  { id: 'image', description: 'Answers with an image of one pixel', defaults: {}, serves: 'image' },
  { id: 'speech', description: 'Answers with a short silence', defaults: {}, serves: 'speech' },
  { id: 'transcription', description: 'Names size and digest of the audio', defaults: {}, serves: 'transcription' },
] as const satisfies readonly SimulatedModel[];

export type SimulatedModelId = (typeof simulatedModels)[number]['id'];

export interface RequestedModel {
  readonly id: SimulatedModelId;
  /** The name as the caller wrote it, parameters included; answers carry it. */
  readonly name: string;
  readonly parameters: ModelParameters;
}

/** @throws Refusal for an unknown model (404), or a parameter that is unknown or out of range (400). */
export function requireModel(name: string, purpose: ModelPurpose): RequestedModel {
  const [id, query = ''] = name.split('?', 2);
  const model: (SimulatedModel & { readonly id: SimulatedModelId }) | undefined = simulatedModels.find(
    (candidate) => candidate.id === id,
  );
  if (model === undefined || !serves(model, purpose)) {
    throw new Refusal('unknown-model', `The model '${name}' does not exist or is not served by this endpoint.`, {
      param: 'model',
      code: 'model_not_found',
    });
  }
  return { id: model.id, name, parameters: { ...model.defaults, ...parseParameters(query) } };
}

/** The models whose whole job is to fail do it whatever else the request says: a vendor in trouble reads no further. */
export function findFailingModel(name: unknown): RequestedModel | undefined {
  // Bedrock's names begin with their vendor.
  const [, model] =
    typeof name === 'string' ? (/^(?:[a-z]+\.)*((?:failing|overloaded)(?:\?.*)?)$/.exec(name) ?? []) : [];
  return model === undefined ? undefined : requireModel(model, 'text');
}

function serves({ id, serves: served = 'text' }: SimulatedModel, purpose: ModelPurpose): boolean {
  return served === purpose || id === 'failing' || id === 'overloaded';
}

function parseParameters(query: string): ModelParameters {
  return Object.fromEntries(
    [...new URLSearchParams(query)].map(([name, text]) => {
      const value = Number(text);
      if (!isParameter(name) || !/^\d+$/.test(text) || value > parameterMaxima[name]) {
        const known = Object.entries(parameterMaxima).map(([each, maximum]) => `${each} (0 to ${maximum})`);
        throw new Refusal('invalid-request', `Model parameter '${name}=${text}' is not one of ${known.join(', ')}.`, {
          param: 'model',
        });
      }
      return [name, value];
    }),
  );
}

function isParameter(name: string): name is keyof typeof parameterMaxima {
  return Object.hasOwn(parameterMaxima, name);
}
