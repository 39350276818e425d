import { anthropicCountTokens } from './anthropic-count-tokens.ts';
import { geminiCountTokens } from './gemini-count-tokens.ts';
import { geminiEmbedContent, geminiEmbeddings } from './gemini-embeddings.ts';
import { gemini } from './gemini.ts';
import { openaiCountTokens } from './openai-count-tokens.ts';
import { openaiImages } from './openai-images.ts';
import { openaiModerations } from './openai-moderations.ts';
import { openaiResponses } from './openai-responses.ts';
import { openaiSpeech } from './openai-speech.ts';
import { openaiTranscriptions } from './openai-transcriptions.ts';
import { rerank } from './rerank.ts';

export { renderModel, renderModels } from './model-list.ts';

/** Protocols that many processes never see: a file of their own beside the proxy's bundle, loaded by the first request in one of them. */
export const furtherProtocols = {
  'openai-responses': openaiResponses,
  'openai-count-tokens': openaiCountTokens,
  'anthropic-count-tokens': anthropicCountTokens,
  gemini,
  'gemini-count-tokens': geminiCountTokens,
  'gemini-embeddings': geminiEmbeddings,
  'gemini-embed-content': geminiEmbedContent,
  'openai-images': openaiImages,
  'openai-speech': openaiSpeech,
  'openai-transcriptions': openaiTranscriptions,
  'openai-moderations': openaiModerations,
  rerank,
} as const;
