import { describe, expect, it } from 'vitest';
import type { Provider } from '../../../lambdas/providers/provider.ts';
import { findProvider } from '../../../lambdas/providers/registry.ts';
import { buildSelfDeclaredProvider } from '../../../lambdas/providers/self-declared.ts';
import type { ProviderDeclaration } from '../../../lambdas/store/policy.ts';
import type { ProtocolName } from '../../../lambdas/wire/protocol-name.ts';

function declared(baseUrl: string, ...protocols: ProtocolName[]): Provider {
  const declaration: ProviderDeclaration = { baseUrl, protocols, auth: { kind: 'bearer' }, models: [] };
  return buildSelfDeclaredProvider('mine', declaration);
}

function endpoint(provider: Provider, protocol: ProtocolName): string {
  const path = provider.paths[protocol];
  return provider.baseUrl + (typeof path === 'object' ? path.streamed : path);
}

describe('a declared provider at a host of a known vendor', () => {
  it.each<[string, ProtocolName, string]>([
    ['https://acme.openai.azure.com', 'openai-chat', 'https://acme.openai.azure.com/openai/v1/chat/completions'],
    [
      'https://acme.openai.azure.com/openai/v1/',
      'openai-responses',
      'https://acme.openai.azure.com/openai/v1/responses',
    ],
    [
      'https://acme.services.ai.azure.com',
      'anthropic-messages',
      'https://acme.services.ai.azure.com/anthropic/v1/messages',
    ],
    [
      'https://acme.cognitiveservices.azure.com/openai',
      'openai-embeddings',
      'https://acme.cognitiveservices.azure.com/openai/v1/embeddings',
    ],
    [
      'https://acme.services.ai.azure.com/api/projects/p/openai/v1',
      'openai-chat',
      'https://acme.services.ai.azure.com/api/projects/p/openai/v1/chat/completions',
    ],
    [
      'https://bedrock-runtime.eu-west-1.amazonaws.com',
      'bedrock-converse',
      'https://bedrock-runtime.eu-west-1.amazonaws.com/model/{model}/converse-stream',
    ],
    [
      'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1',
      'openai-chat',
      'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/chat/completions',
    ],
    [
      'https://generativelanguage.googleapis.com/v1beta/openai',
      'gemini',
      'https://generativelanguage.googleapis.com/v1beta/models/{model}:streamGenerateContent?alt=sse',
    ],
    [
      'https://generativelanguage.googleapis.com',
      'openai-chat',
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    ],
    [
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4',
      'gemini',
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google/models/{model}:streamGenerateContent?alt=sse',
    ],
    [
      'https://aiplatform.googleapis.com',
      'gemini-count-tokens',
      'https://aiplatform.googleapis.com/v1/publishers/google/models/{model}:countTokens',
    ],
    [
      'https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu/publishers/google',
      'gemini-count-tokens',
      'https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu/publishers/google/models/{model}:countTokens',
    ],
    ['https://api.deepseek.com', 'anthropic-messages', 'https://api.deepseek.com/anthropic/v1/messages'],
    ['https://api.deepseek.com/anthropic', 'anthropic-messages', 'https://api.deepseek.com/anthropic/v1/messages'],
    ['https://api.anthropic.com/v1', 'anthropic-messages', 'https://api.anthropic.com/v1/messages'],
  ])('%s: finds %s', (baseUrl, protocol, expected) => {
    const provider = declared(baseUrl, protocol);

    expect(endpoint(provider, protocol)).toBe(expected);
  });

  it('shares what is true of the vendor wherever its service stands', () => {
    const azure = declared('https://acme.openai.azure.com', 'openai-chat');
    const mistral = declared('https://api.mistral.ai/v1', 'openai-chat');
    const kimi = declared('https://api.moonshot.ai', 'openai-chat');

    expect(azure).toMatchObject({ maxTokensField: 'max_completion_tokens', catalog: 'openai' });
    expect(mistral).toMatchObject({ acceptsStreamOptions: false, catalog: 'mistral' });
    expect(kimi).toMatchObject({ chatQuirks: { replaysReasoning: 'reasoning_content' }, catalog: 'moonshot' });
  });

  it.each([
    ['https://acme.openai.azure.com', true],
    ['https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5', true],
    ['https://aiplatform.us.rep.googleapis.com/v1/projects/p/locations/us', true],
    ['https://aiplatform.googleapis.com/v1/projects/p/locations/global', undefined],
    ['https://bedrock-runtime.us-east-1.amazonaws.com', undefined],
    ['https://api.openai.com/v1', undefined],
  ])('%s: has prices of its own: %s', (baseUrl, expected) => {
    const { ownPrices } = declared(baseUrl, 'openai-chat');

    expect(ownPrices).toBe(expected);
  });

  it.each([
    'https://api.openai.com.example.com/v1',
    'https://openai.azure.com/v1',
    'https://a.b.openai.azure.com/v1',
    'https://example.com/api.openai.com/v1',
    'https://bedrock-runtime.eu-west-1.amazonaws.com.example.com/v1',
    'https://evil-aiplatform.googleapis.com.example.com/v1',
    'http://127.0.0.1:11434/v1',
    'https://llm.example.com/v1',
  ])('%s: is nobody we know', (baseUrl) => {
    const provider = declared(baseUrl, 'openai-chat');

    expect(provider.catalog).toBeUndefined();
    expect(endpoint(provider, 'openai-chat')).toBe(`${baseUrl}/chat/completions`);
  });

  it('has every path of its built-in row at the base URL of that row', () => {
    const openai = findProvider('openai');

    const again = declared('https://api.openai.com/v1/', ...(Object.keys(openai?.paths ?? {}) as ProtocolName[]));

    expect(again.paths).toEqual(openai?.paths);
  });
});
