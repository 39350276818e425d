import type { Provider, ProviderPath } from './provider.ts';

/** The endpoints of a model below `prefix`, which ends before `/models`. Streams as server-sent events: the other form is one JSON array. */
export function geminiPaths(
  prefix: string,
): Readonly<Record<'gemini' | 'gemini-count-tokens' | 'gemini-embeddings', ProviderPath>> {
  const model = `${prefix}/models/{model}`;
  return {
    gemini: { whole: `${model}:generateContent`, streamed: `${model}:streamGenerateContent?alt=sse` },
    'gemini-count-tokens': `${model}:countTokens`,
    'gemini-embeddings': `${model}:batchEmbedContents`,
  };
}

/**
 * Gemini's own API. The OpenAI-compatible one beside it reports `stop` for tool calls and loses thought signatures, so nothing is
 * sent there; OpenAI's clients are translated. The key goes in a header: a URL is written into logs on its way.
 */
export const google = {
  name: 'google',
  displayName: 'Google Gemini',
  baseUrl: 'https://generativelanguage.googleapis.com',
  paths: geminiPaths('/v1beta'),
  auth: { kind: 'header', name: 'x-goog-api-key' },
  credentialEnvironment: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  documentation: 'https://ai.google.dev/api/generate-content',
} as const satisfies Provider;
