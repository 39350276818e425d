import type { Provider } from './provider.ts';

/** Below the host of Bedrock's runtime. */
export const bedrockPaths = {
  'bedrock-converse': { whole: '/model/{model}/converse', streamed: '/model/{model}/converse-stream' },
  'bedrock-embeddings': '/model/{model}/invoke',
} as const;

/** The region in the name of a host of Bedrock's runtime; `undefined` for any other host. */
export function bedrockRegion(hostname: string): string | undefined {
  return /^bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];
}

/**
 * Converse for every model, Claude included: one wire format, and what it lacks of Anthropic's goes in
 * `additionalModelRequestFields`. In the data plane's own region; another one is declared with its host.
 *
 * Signed with AWS keys, an assumed role or the function's own; or a Bedrock API key as a bearer token
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html).
 */
export const bedrock = {
  name: 'bedrock',
  displayName: 'Amazon Bedrock',
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  paths: bedrockPaths,
  auth: { kind: 'sigv4', scope: { service: 'bedrock', region: '{region}' }, acceptsKeys: true },
  credentialEnvironment: ['AWS_BEARER_TOKEN_BEDROCK'],
  documentation: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
} as const satisfies Provider;
