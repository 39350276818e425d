import { anthropicCountTokens } from './anthropic-count-tokens.ts';
import { geminiCountTokens } from './gemini-count-tokens.ts';
import { geminiEmbedContent, geminiEmbeddings } from './gemini-embeddings.ts';
import { gemini } from './gemini.ts';
import { openaiCountTokens } from './openai-count-tokens.ts';
import { openaiResponses } from './openai-responses.ts';

/** Protocols that many processes never see: a file of their own beside the proxy's bundle, loaded by the first request in one of them. */
export const furtherProtocols = {
  'openai-responses': openaiResponses,
  'openai-count-tokens': openaiCountTokens,
  'anthropic-count-tokens': anthropicCountTokens,
  gemini,
  'gemini-count-tokens': geminiCountTokens,
  'gemini-embeddings': geminiEmbeddings,
  'gemini-embed-content': geminiEmbedContent,
} as const;
