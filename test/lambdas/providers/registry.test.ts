import { describe, expect, it } from 'vitest';
import { openaiCompatibleProviders } from '../../../lambdas/providers/openai-compatible.ts';
import type { Provider, ProviderPath } from '../../../lambdas/providers/provider.ts';
import { builtInProviders, findProvider } from '../../../lambdas/providers/registry.ts';
import { protocolNames } from '../../../lambdas/wire/protocol-name.ts';

const providers = [...builtInProviders.values()];

/** Headers that could smuggle a credential, choose who pays, or belong to one connection. */
const neverForwarded = [
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'openai-organization',
  'openai-project',
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
];

/** The URL a request of this protocol goes to. */
function endpoint(provider: Provider | undefined, protocol: keyof Provider['paths']): string {
  const path = provider?.paths[protocol];
  return `${provider?.baseUrl}${typeof path === 'object' ? path.streamed : path}`;
}

function bothOf(path: ProviderPath): string[] {
  return typeof path === 'string' ? [path] : [path.whole, path.streamed];
}

describe('built-in providers', () => {
  it('keep every row under its own name: none shadows another', () => {
    const names = providers.map(({ name }) => name);

    expect(names).toEqual([...builtInProviders.keys()]);
    expect(names).toHaveLength(4 + openaiCompatibleProviders.length);
  });

  it.each(providers)('$name: sends traffic over TLS, or to this machine', (provider) => {
    const url = new URL(provider.baseUrl.replace('{region}', 'eu-west-1'));

    expect(provider.auth.kind === 'none' ? url.hostname : url.protocol).toBe(
      provider.auth.kind === 'none' ? '127.0.0.1' : 'https:',
    );
    expect(`${url.username}${url.password}${url.search}${url.hash}`).toBe('');
    expect(provider.baseUrl).not.toMatch(/\/$/);
  });

  it.each(providers)('$name: has well-formed paths for known protocols only', ({ baseUrl, paths }) => {
    const entries = Object.entries(paths).flatMap(([protocol, path]) => bothOf(path).map((each) => [protocol, each]));

    expect(entries.length).toBeGreaterThan(0);
    for (const [protocol, path] of entries) {
      expect(protocolNames).toContain(protocol);
      expect(path).toMatch(/^(\/[a-z0-9_-]+|\/\{model\}(:[a-zA-Z]+)?)+(\?alt=sse)?$/);
      expect(`${baseUrl}${path}`).not.toMatch(/\/v1\/v1/);
    }
  });

  it.each(providers)(
    '$name: is named and documented',
    ({ name, displayName, documentation, credentialEnvironment, auth }) => {
      const isLocal = auth.kind === 'none';

      expect(name).toMatch(/^[a-z][a-z0-9]*$/);
      expect(displayName).not.toBe('');
      expect(documentation).toMatch(/^https:\/\//);
      expect(credentialEnvironment.length > 0).toBe(!isLocal);
      for (const variable of credentialEnvironment) expect(variable).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
    },
  );

  it.each(providers)(
    '$name: forwards no header that carries a credential or chooses who pays',
    ({ forwardedHeaders }) => {
      const forwarded = forwardedHeaders ?? [];

      expect(forwarded.filter((header) => header !== header.toLowerCase() || neverForwarded.includes(header))).toEqual(
        [],
      );
    },
  );

  it('send a version of the Messages API wherever they speak it, and the beta header to Anthropic only', () => {
    const speakers = providers.filter(({ paths }) => paths['anthropic-messages'] !== undefined);

    const versions = new Set(speakers.map(({ headers }) => headers?.['anthropic-version']));
    const forwarding = providers.filter(({ forwardedHeaders }) => forwardedHeaders?.includes('anthropic-beta'));
    const allowing = providers.filter(({ anthropicBetas }) => anthropicBetas !== undefined);

    expect([...versions]).toEqual(['2023-06-01']);
    expect(forwarding.map(({ name }) => name)).toEqual(['anthropic']);
    expect(allowing).toEqual(forwarding);
  });

  it('share no environment variable, so that one key registers one provider', () => {
    const variables = providers.flatMap(({ credentialEnvironment }) => [...credentialEnvironment]);

    expect(new Set(variables).size).toBe(variables.length);
  });

  it('are reached where each vendor documents its endpoint', () => {
    const endpoints = {
      openai: endpoint(findProvider('openai'), 'openai-chat'),
      anthropic: endpoint(findProvider('anthropic'), 'anthropic-messages'),
      groq: endpoint(findProvider('groq'), 'openai-chat'),
      google: endpoint(findProvider('google'), 'gemini'),
      googleEmbeddings: endpoint(findProvider('google'), 'gemini-embeddings'),
      bedrock: endpoint(findProvider('bedrock'), 'bedrock-converse'),
      anthropicCount: endpoint(findProvider('anthropic'), 'anthropic-count-tokens'),
      openaiCount: endpoint(findProvider('openai'), 'openai-count-tokens'),
      cohereEmbeddings: endpoint(findProvider('cohere'), 'cohere-embeddings'),
      cohereRerank: endpoint(findProvider('cohere'), 'rerank'),
      voyage: endpoint(findProvider('voyage'), 'voyage-embeddings'),
      deepseek: endpoint(findProvider('deepseek'), 'openai-chat'),
      deepseekMessages: endpoint(findProvider('deepseek'), 'anthropic-messages'),
      zai: endpoint(findProvider('zai'), 'openai-chat'),
      cohere: endpoint(findProvider('cohere'), 'openai-chat'),
      openrouterMessages: endpoint(findProvider('openrouter'), 'anthropic-messages'),
      perplexity: endpoint(findProvider('perplexity'), 'openai-responses'),
      ollama: endpoint(findProvider('ollama'), 'openai-chat'),
    };

    expect(endpoints).toEqual({
      openai: 'https://api.openai.com/v1/chat/completions',
      anthropic: 'https://api.anthropic.com/v1/messages',
      groq: 'https://api.groq.com/openai/v1/chat/completions',
      google: 'https://generativelanguage.googleapis.com/v1beta/models/{model}:streamGenerateContent?alt=sse',
      googleEmbeddings: 'https://generativelanguage.googleapis.com/v1beta/models/{model}:batchEmbedContents',
      bedrock: 'https://bedrock-runtime.{region}.amazonaws.com/model/{model}/converse-stream',
      anthropicCount: 'https://api.anthropic.com/v1/messages/count_tokens',
      openaiCount: 'https://api.openai.com/v1/responses/input_tokens',
      cohereEmbeddings: 'https://api.cohere.com/v2/embed',
      cohereRerank: 'https://api.cohere.com/v2/rerank',
      voyage: 'https://api.voyageai.com/v1/embeddings',
      deepseek: 'https://api.deepseek.com/chat/completions',
      deepseekMessages: 'https://api.deepseek.com/anthropic/v1/messages',
      zai: 'https://api.z.ai/api/paas/v4/chat/completions',
      cohere: 'https://api.cohere.com/compatibility/v1/chat/completions',
      openrouterMessages: 'https://openrouter.ai/api/v1/messages',
      perplexity: 'https://api.perplexity.ai/v1/responses',
      ollama: 'http://127.0.0.1:11434/v1/chat/completions',
    });
  });

  it('take a key in a header, never in a URL, which is written into logs on its way', () => {
    const inQuery = providers.filter(({ auth }) => auth.kind === 'query');

    expect(inQuery).toEqual([]);
    expect(findProvider('google')?.auth).toEqual({ kind: 'header', name: 'x-goog-api-key' });
  });

  it('replay reasoning only where the vendor wants it back', () => {
    const replaying = providers.filter(({ chatQuirks }) => chatQuirks?.replaysReasoning !== undefined);

    expect(replaying.map(({ name, chatQuirks }) => [name, chatQuirks?.replaysReasoning])).toEqual([
      ['deepseek', 'reasoning_content'],
      ['openrouter', 'reasoning_details'],
      ['moonshot', 'reasoning_content'],
    ]);
  });

  it('are not found under a name nobody registered', () => {
    const found = [findProvider('unheard-of'), findProvider('constructor'), findProvider('')];

    expect(found).toEqual([undefined, undefined, undefined]);
  });
});
