import type { ProtocolName } from '../wire/protocol-name.ts';
import type { Provider } from './provider.ts';

/** Where the OpenAI SDK finds each endpoint below the base URL it was given. The first is preferred for translation. */
export const openaiPaths = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  'openai-embeddings': '/embeddings',
  'openai-count-tokens': '/responses/input_tokens',
  'openai-images': '/images/generations',
  'openai-speech': '/audio/speech',
  'openai-transcriptions': '/audio/transcriptions',
  'openai-moderations': '/moderations',
} as const satisfies Partial<Record<ProtocolName, string>>;

/**
 * No client header is passed on. `openai-organization` and `openai-project` choose whose account is charged, which the
 * credential alone shall decide; the others (`idempotency-key`, `x-stainless-*`) describe the client, not the request.
 */
export const openai = {
  name: 'openai',
  displayName: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  paths: openaiPaths,
  auth: { kind: 'bearer' },
  credentialEnvironment: ['OPENAI_API_KEY'],
  // Reasoning models refuse `max_tokens`; every chat model takes its successor.
  maxTokensField: 'max_completion_tokens',
  chatQuirks: { endUserField: 'safety_identifier' },
  documentation: 'https://developers.openai.com/api/reference/overview',
} as const satisfies Provider;
