import { expect, test } from 'vitest';
import { Secret } from '../../../lambdas/crypto/secret.ts';
import type { ProviderAuth } from '../../../lambdas/providers/provider.ts';
import { buildUpstreamRequest, type OutgoingRequest } from '../../../lambdas/routing/build-upstream-request.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiChat } from '../../../lambdas/wire/openai-chat.ts';
import { createTranslation } from '../../../lambdas/wire/translation/translation.ts';
import { providerAt, targetAt } from './call.ts';

const url = 'https://provider.example/v1';
const access = { kind: 'api-key', secret: new Secret('sk-upstream') } as const;

function outgoing(changes: Partial<OutgoingRequest> = {}, members = ''): OutgoingRequest {
  const body = parseJsonBody(Buffer.from(`{"model":"sample","messages":[{}]${members}}`));
  const facts = openaiChat.readRequest(body);
  return {
    protocol: openaiChat,
    facts,
    body,
    headers: {},
    maxOutputTokens: undefined,
    via: '1.1 gatehouse',
    region: 'eu-west-1',
    ...changes,
  };
}

test.each<[ProviderAuth, object, string]>([
  [{ kind: 'bearer' }, { authorization: 'Bearer sk-upstream' }, ''],
  [{ kind: 'header', name: 'X-Api-Key' }, { 'x-api-key': 'sk-upstream' }, ''],
  [{ kind: 'query', name: 'key' }, {}, '?key=sk-upstream'],
  [{ kind: 'none' }, {}, ''],
])('brings the credential as the provider wants it: %j', (auth, headers, query) => {
  const target = targetAt(url, { provider: providerAt(url, { auth }) });

  const built = buildUpstreamRequest(outgoing(), target, access);

  expect(built.url.href).toBe(`${url}/chat/completions${query}`);
  expect(built.headers).toMatchObject(headers);
  expect(JSON.stringify(built.headers).split('sk-upstream')).toHaveLength(Object.keys(headers).length + 1);
});

test("lets none of the caller's headers pass but those the provider's row names", () => {
  const provider = providerAt(url, {
    headers: { 'anthropic-version': 'ours' },
    forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  });
  const headers = {
    authorization: 'Bearer gh_caller',
    'x-api-key': 'gh_caller',
    cookie: 'session=1',
    'x-forwarded-for': '10.0.0.1',
    'openai-organization': 'org-caller',
    'anthropic-version': 'theirs',
    'user-agent': 'caller/1',
  };

  const built = buildUpstreamRequest(outgoing({ headers }), targetAt(url, { provider }), access);

  expect(built.headers).toEqual({
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'gatehouse',
    via: '1.1 gatehouse',
    authorization: 'Bearer sk-upstream',
    'anthropic-version': 'theirs',
  });
});

test('accepts events where the caller wants a stream', () => {
  const built = buildUpstreamRequest(outgoing({}, ',"stream":true'), targetAt(url), access);

  expect(built.headers['accept']).toBe('text/event-stream');
});

test.each([
  [undefined, undefined, undefined],
  [undefined, 50, undefined],
  [100, undefined, 100],
  [100, 50, 50],
  [20, 50, 20],
])('with %s reserved and a model that gives %s, sends the cap %s', (maxOutputTokens, most, expected) => {
  const target = targetAt(url, { maxOutputTokens: most });

  const built = buildUpstreamRequest(outgoing({ maxOutputTokens }), target, access);

  expect((JSON.parse(built.body.toString()) as { max_tokens?: number }).max_tokens).toBe(expected);
});

test('asks for the version of the protocol that a translation reads, whichever the caller pins', () => {
  const provider = providerAt(url, {
    paths: { 'anthropic-messages': '/messages' },
    headers: { 'anthropic-version': 'ours' },
    forwardedHeaders: ['anthropic-version', 'anthropic-beta'],
  });
  const target = targetAt(url, { provider, protocol: 'anthropic-messages' });
  const headers = { 'anthropic-version': 'theirs', 'anthropic-beta': 'some-beta' };
  const translation = createTranslation({
    client: 'openai-chat',
    fields: { messages: [{ role: 'user', content: 'x' }] },
    stream: false,
    dropUnsupported: false,
    context: { requestId: 'req_1', createdAt: 1, includeUsage: false },
  });

  const built = buildUpstreamRequest(outgoing({ headers, translation }), target, access);

  expect(built.headers).toMatchObject({ 'anthropic-version': 'ours' });
});

test.each([
  ['..', '/model//converse'],
  ['a/../b', '/model/a%2F..%2Fb/converse'],
  ['a?b#c', '/model/a%3Fb%23c/converse'],
  ['@other.example/x', '/model/%40other.example%2Fx/converse'],
  ['anthropic.claude:1', '/model/anthropic.claude%3A1/converse'],
  ['\ud800', '/model/%EF%BF%BD/converse'],
])('a model named %j is one segment of the path', (model, path) => {
  const provider = providerAt('https://bedrock-runtime.{region}.amazonaws.com', {
    paths: { 'openai-chat': { whole: '/model/{model}/converse', streamed: '/model/{model}/converse-stream' } },
  });

  const { url: built } = buildUpstreamRequest(outgoing(), targetAt(url, { provider, model }), access);

  expect(built.origin).toBe('https://bedrock-runtime.eu-west-1.amazonaws.com');
  expect(built.pathname + built.search + built.hash).toBe(path);
});
