import type { Provider } from './provider.ts';

/** The version of the Messages API that this gateway reads. A client that pins another sends its own. */
export const anthropicVersion = { 'anthropic-version': '2023-06-01' } as const;

/**
 * Only the Messages API: Anthropic's OpenAI-compatible endpoint drops prompt caching and is, in its own words, not meant for
 * production.
 *
 * `anthropic-version` and `anthropic-beta` pass: they say how to read the body and carry no credential. A beta may unlock a body
 * member that costs more, but no beta by itself changes the rate of a request.
 */
export const anthropic = {
  name: 'anthropic',
  displayName: 'Anthropic',
  baseUrl: 'https://api.anthropic.com',
  paths: { 'anthropic-messages': '/v1/messages', 'anthropic-count-tokens': '/v1/messages/count_tokens' },
  auth: { kind: 'header', name: 'x-api-key' },
  credentialEnvironment: ['ANTHROPIC_API_KEY'],
  headers: anthropicVersion,
  forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  anthropicBetas: 'all',
  documentation: 'https://platform.claude.com/docs/en/api/overview',
} as const satisfies Provider;
