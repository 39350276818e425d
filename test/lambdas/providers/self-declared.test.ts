import { describe, expect, it } from 'vitest';
import { buildSelfDeclaredProvider } from '../../../lambdas/providers/self-declared.ts';
import type { ProviderDeclaration } from '../../../lambdas/store/policy.ts';
import { protocolNames } from '../../../lambdas/wire/protocol-name.ts';

const declaration: ProviderDeclaration = {
  baseUrl: 'https://llm.example.com/v1',
  protocols: ['openai-chat', 'openai-embeddings'],
  auth: { kind: 'bearer' },
  models: [{ id: '*', free: true }],
};

describe('buildSelfDeclaredProvider', () => {
  it('appends the paths of the OpenAI SDK to the base URL that SDK would be given', () => {
    const provider = buildSelfDeclaredProvider('lab', declaration);

    expect(provider).toMatchObject({ name: 'lab', baseUrl: 'https://llm.example.com/v1', auth: { kind: 'bearer' } });
    expect(provider.paths).toEqual({ 'openai-chat': '/chat/completions', 'openai-embeddings': '/embeddings' });
    expect(provider.headers).toBeUndefined();
  });

  it.each([
    ['https://llm.example.com', 'https://llm.example.com/v1/messages'],
    ['https://llm.example.com/', 'https://llm.example.com/v1/messages'],
    ['https://llm.example.com/v1', 'https://llm.example.com/v1/messages'],
    ['https://llm.example.com/v1//', 'https://llm.example.com/v1/messages'],
    ['https://llm.example.com/anthropic', 'https://llm.example.com/anthropic/v1/messages'],
  ])('finds the Messages API below %s, with or without /v1', (baseUrl, expected) => {
    const provider = buildSelfDeclaredProvider('lab', { ...declaration, baseUrl, protocols: ['anthropic-messages'] });

    expect(expected.startsWith(provider.baseUrl)).toBe(true);
    expect(provider.paths['anthropic-messages']).toBe(expected.slice(provider.baseUrl.length));
    expect(provider.headers).toEqual({ 'anthropic-version': '2023-06-01' });
    expect(provider.forwardedHeaders).toEqual(['anthropic-version', 'anthropic-beta']);
  });

  it('keeps the order of protocols, which is the order of preference', () => {
    const protocols = ['anthropic-messages', 'openai-responses', 'openai-chat'] as const;

    const provider = buildSelfDeclaredProvider('lab', { ...declaration, protocols });

    expect(Object.keys(provider.paths)).toEqual(protocols);
  });

  it('appends what SDKs append for every protocol there is', () => {
    const provider = buildSelfDeclaredProvider('lab', {
      ...declaration,
      baseUrl: 'https://llm.example.com',
      protocols: protocolNames,
    });

    expect(Object.keys(provider.paths)).toEqual(protocolNames);
    expect(provider.paths).toMatchObject({
      gemini: {
        whole: '/v1beta/models/{model}:generateContent',
        streamed: '/v1beta/models/{model}:streamGenerateContent?alt=sse',
      },
      'bedrock-converse': { whole: '/model/{model}/converse', streamed: '/model/{model}/converse-stream' },
      'anthropic-count-tokens': '/v1/messages/count_tokens',
      'cohere-embeddings': '/v2/embed',
      rerank: '/rerank',
    });
  });

  it.each([
    ['https://llm.example.com/v1beta', 'gemini-count-tokens', '/models/{model}:countTokens'],
    ['https://llm.example.com/v1', 'gemini-count-tokens', '/models/{model}:countTokens'],
    ['https://llm.example.com/v2', 'cohere-embeddings', '/embed'],
  ] as const)('does not repeat the version that %s ends with', (baseUrl, protocol, path) => {
    const provider = buildSelfDeclaredProvider('lab', { ...declaration, baseUrl, protocols: [protocol] });

    expect(provider.paths[protocol]).toBe(path);
  });

  it.each([
    [
      { kind: 'header', name: 'x-token' },
      { kind: 'header', name: 'x-token' },
    ],
    [{ kind: 'header' }, { kind: 'header', name: 'x-api-key' }],
    [{ kind: 'query' }, { kind: 'query', name: 'key' }],
    [{ kind: 'none' }, { kind: 'none' }],
  ] as const)('sends the credential as declared: %o', (auth, expected) => {
    const provider = buildSelfDeclaredProvider('lab', { ...declaration, auth });

    expect(provider.auth).toEqual(expected);
  });

  it.each([
    ['https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1', undefined, 'bedrock', 'eu-west-1'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', undefined, 'bedrock', 'cn-north-1'],
    ['https://bedrock-runtime.us-east-1.amazonaws.com', 'other/us-west-2', 'bedrock', 'us-east-1'],
    ['https://models.example.com/v1', 'execute-api/us-gov-west-1', 'execute-api', 'us-gov-west-1'],
  ])('signs requests to %s, named %s, for %s in %s', (baseUrl, name, service, region) => {
    const auth = { kind: 'sigv4', ...(name !== undefined && { name }) } as const;

    const provider = buildSelfDeclaredProvider('lab', { ...declaration, baseUrl, auth });

    expect(provider.auth).toEqual({
      kind: 'sigv4',
      scope: { service, region },
      ...(service === 'bedrock' && { acceptsKeys: true }),
    });
  });

  it.each([
    ['https://models.example.com/v1', undefined],
    ['https://models.example.com/v1', 'eu-west-1'],
    ['https://models.example.com/v1', 'a/b/c'],
    ['https://bedrock-runtime.eu-west-1.amazonaws.com.example.com', undefined],
    ['https://example.com/bedrock-runtime.eu-west-1.amazonaws.com', undefined],
  ])('does not guess what requests to %s, named %s, are signed for', (baseUrl, name) => {
    const auth = { kind: 'sigv4', ...(name !== undefined && { name }) } as const;

    const provider = buildSelfDeclaredProvider('lab', { ...declaration, baseUrl, auth });

    expect(provider.auth).toEqual({ kind: 'sigv4', scope: undefined });
  });
});
