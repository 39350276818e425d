import { describe, expect, it } from 'vitest';
import { forwardedHeadersFor } from '../../../lambdas/providers/forwarded-headers.ts';
import type { Provider } from '../../../lambdas/providers/provider.ts';
import { builtInProviders, findProvider } from '../../../lambdas/providers/registry.ts';

const client = {
  authorization: 'Bearer gh_key',
  'x-api-key': 'gh_key',
  cookie: 'session=1',
  'x-stainless-os': 'Linux',
  'openai-organization': 'org-of-somebody',
  'anthropic-version': '2023-06-01',
  'anthropic-beta': 'context-1m-2025-08-07, interleaved-thinking-2025-05-14',
};

const messages: Provider = {
  name: 'messages',
  displayName: 'Messages',
  baseUrl: 'https://llm.example.com',
  paths: { 'anthropic-messages': '/v1/messages' },
  auth: { kind: 'bearer' },
  credentialEnvironment: [],
  forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  documentation: 'https://llm.example.com',
};

describe('forwardedHeadersFor', () => {
  it('lets both headers of the Messages API through to Anthropic as they are', () => {
    const anthropic = findProvider('anthropic') ?? messages;

    const forwarded = forwardedHeadersFor(anthropic, client);

    expect(forwarded).toEqual({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-1m-2025-08-07, interleaved-thinking-2025-05-14',
    });
  });

  it('leaves out what no header can carry', () => {
    const odd = { ...client, 'anthropic-version': '2023\u2014', 'anthropic-beta': 'a\r\nx-api-key: b' };

    expect(forwardedHeadersFor({ ...messages, anthropicBetas: 'all' }, odd)).toEqual({});
  });

  it('sends no header of the client to a vendor whose row lists none', () => {
    const silent = [...builtInProviders.values()].filter(({ forwardedHeaders }) => forwardedHeaders === undefined);

    const forwarded = silent.map((provider) => forwardedHeadersFor(provider, client));

    expect(silent.length).toBeGreaterThan(20);
    expect(new Set(forwarded.map((headers) => JSON.stringify(headers)))).toEqual(new Set(['{}']));
  });

  it.each([
    [undefined, undefined],
    [[], undefined],
    [['interleaved-thinking-2025-05-14'], 'interleaved-thinking-2025-05-14'],
    [
      ['interleaved-thinking-2025-05-14', 'context-1m-2025-08-07'],
      'context-1m-2025-08-07,interleaved-thinking-2025-05-14',
    ],
    [['interleaved-thinking'], undefined],
  ])('lets of the betas only those of %o through', (anthropicBetas, expected) => {
    const provider = { ...messages, ...(anthropicBetas !== undefined && { anthropicBetas }) };

    const { 'anthropic-beta': betas } = forwardedHeadersFor(provider, client);

    expect(betas).toBe(expected);
  });
});
