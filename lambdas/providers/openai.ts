import type { Provider } from './provider.ts';

/**
 * No client header is passed on. `openai-organization` and `openai-project` choose whose account is charged, which the
 * credential alone shall decide; the others (`idempotency-key`, `x-stainless-*`) describe the client, not the request.
 */
export const openai = {
  name: 'openai',
  displayName: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  paths: { 'openai-chat': '/chat/completions', 'openai-responses': '/responses', 'openai-embeddings': '/embeddings' },
  auth: { kind: 'bearer' },
  credentialEnvironment: ['OPENAI_API_KEY'],
  // Reasoning models refuse `max_tokens`; every chat model takes its successor.
  maxTokensField: 'max_completion_tokens',
  documentation: 'https://developers.openai.com/api/reference/overview',
} as const satisfies Provider;
