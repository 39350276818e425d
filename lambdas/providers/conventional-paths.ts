import type { ProtocolName } from '../wire/protocol-name.ts';
import { bedrockPaths } from './bedrock.ts';
import { geminiPaths } from './google.ts';
import { openaiPaths } from './openai.ts';
import type { Provider, ProviderPath } from './provider.ts';

/**
 * Where each vendor's SDK finds an endpoint below the base URL that it was given. OpenAI's takes one that usually ends in `/v1`;
 * Anthropic's, Google's and Cohere's take one without and append their version, which is not repeated where it is there already.
 */
export function conventionalPath(protocol: ProtocolName, baseUrl: string): ProviderPath | undefined {
  const below = (version: string, path: string): string => (baseUrl.endsWith(version) ? path : version + path);
  const paths: Provider['paths'] = {
    ...openaiPaths,
    'anthropic-messages': below('/v1', '/messages'),
    'anthropic-count-tokens': below('/v1', '/messages/count_tokens'),
    ...geminiPaths(/\/v1(beta\d?)?$/.test(baseUrl) ? '' : '/v1beta'),
    ...bedrockPaths,
    'cohere-embeddings': below('/v2', '/embed'),
    'voyage-embeddings': '/embeddings',
    rerank: '/rerank',
  };
  return paths[protocol];
}
