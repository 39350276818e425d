import { answerCountTokens } from './anthropic/count-tokens.ts';
import { answerMessage } from './anthropic/messages.ts';
import { answerConverse, answerConverseStream } from './bedrock/converse.ts';
import { answerInvokeModel } from './bedrock/invoke-model.ts';
import { answerEmbed } from './cohere/embed.ts';
import { answerRerank } from './cohere/rerank.ts';
import type { Exchange } from './exchange.ts';
import { answerGeminiCountTokens } from './gemini/count-tokens.ts';
import { answerBatchEmbedContents, answerEmbedContent } from './gemini/embed-content.ts';
import { answerGenerateContent, answerStreamGenerateContent } from './gemini/generate-content.ts';
import { listModels } from './list-models.ts';
import { answerChatCompletion } from './openai/chat-completions.ts';
import { answerEmbeddings } from './openai/embeddings.ts';
import { answerImages } from './openai/images.ts';
import { answerModerations } from './openai/moderations.ts';
import { answerSpeech } from './openai/speech.ts';
import { answerTranscriptions } from './openai/transcriptions.ts';
import { type Dialect, Refusal } from './refusal.ts';
import { answerInputTokens } from './responses/input-tokens.ts';
import { answerResponses } from './responses/responses.ts';
import { answerVoyageEmbeddings } from './voyage/embeddings.ts';

export interface Endpoint {
  readonly method: string;
  /** Its last group, if any, is the model. */
  readonly path: RegExp;
  /** Without one, the request's headers tell whose client is asking. */
  readonly dialect?: Dialect;
  readonly answer: (exchange: Exchange) => Promise<void> | void;
}

/** Every path, as it follows the base URL that each vendor's client takes. */
const endpoints: readonly Endpoint[] = [
  post('openai', /^\/v1\/chat\/completions$/, answerChatCompletion),
  post('openai', /^\/v1\/responses$/, answerResponses),
  post('openai', /^\/v1\/responses\/input_tokens$/, answerInputTokens),
  post('openai', /^\/v1\/embeddings$/, answerEmbeddings),
  post('openai', /^\/v1\/moderations$/, answerModerations),
  post('openai', /^\/v1\/images\/generations$/, answerImages),
  post('openai', /^\/v1\/audio\/speech$/, answerSpeech),
  post('openai', /^\/v1\/audio\/transcriptions$/, answerTranscriptions),
  post('anthropic', /^\/v1\/messages$/, answerMessage),
  post('anthropic', /^\/v1\/messages\/count_tokens$/, answerCountTokens),
  post('gemini', /^\/v1(?:beta)?\/models\/([^/]+):generateContent$/, answerGenerateContent),
  post('gemini', /^\/v1(?:beta)?\/models\/([^/]+):streamGenerateContent$/, answerStreamGenerateContent),
  post('gemini', /^\/v1(?:beta)?\/models\/([^/]+):countTokens$/, answerGeminiCountTokens),
  post('gemini', /^\/v1(?:beta)?\/models\/([^/]+):embedContent$/, answerEmbedContent),
  post('gemini', /^\/v1(?:beta)?\/models\/([^/]+):batchEmbedContents$/, answerBatchEmbedContents),
  post('bedrock', /^\/model\/([^/]+)\/converse$/, answerConverse),
  post('bedrock', /^\/model\/([^/]+)\/converse-stream$/, answerConverseStream),
  post('bedrock', /^\/model\/([^/]+)\/invoke$/, answerInvokeModel),
  post('cohere', /^\/v2\/embed$/, answerEmbed),
  post('cohere', /^\/v[12]\/rerank$/, answerRerank),
  post('voyage', /^\/voyage\/v1\/embeddings$/, answerVoyageEmbeddings),
  { method: 'GET', path: /^\/v1\/models$/, answer: listModels },
];

function post(dialect: Dialect, path: RegExp, answer: Endpoint['answer']): Endpoint {
  return { method: 'POST', path, dialect, answer };
}

export interface Match {
  readonly endpoint?: Endpoint;
  readonly model?: string;
}

export function matchEndpoint(path: string): Match {
  for (const endpoint of endpoints) {
    const found = endpoint.path.exec(path);
    if (found !== null) return { endpoint, ...(found[1] !== undefined && { model: decode(found[1]) }) };
  }
  return {};
}

/** @throws Refusal for an unknown path or another method. */
export function requireEndpoint({ endpoint }: Match, method: string, path: string): Endpoint {
  if (endpoint === undefined)
    throw new Refusal('not-found', `Unknown path: ${method} ${path}`, { code: 'unknown_url' });
  if (endpoint.method !== method) throw new Refusal('wrong-method', `${path} takes ${endpoint.method}, not ${method}.`);
  return endpoint;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
