import { describe, expect, test } from 'vitest';
import type { ModelCapabilities } from '../../../../../lambdas/wire/canonical/codec.ts';
import { createLosses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type { AssistantPart, CanonicalRequest, Message } from '../../../../../lambdas/wire/canonical/request.ts';
import { anthropicMessagesCodec } from '../../../../../lambdas/wire/codecs/anthropic-messages/codec.ts';
import { encode, encodeDropping, type Json, requestOf, target, user } from './fixtures.ts';

const refusal = (param: string) => expect.objectContaining({ code: 'parameter_not_supported', param });
const byEffort: ModelCapabilities = { reasoning: true, reasoningBy: 'effort' };
const byBudget: ModelCapabilities = { reasoning: true, reasoningBy: 'budget' };

const signed: AssistantPart = { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'sig' } };
const call = (id: string): AssistantPart => ({ type: 'tool-call', id, name: 'look', arguments: '{}' });
const result = (callId: string): Message => ({
  role: 'user',
  content: [{ type: 'tool-result', callId, name: 'look', content: [] }],
});
const assistant = (...content: AssistantPart[]): Message => ({ role: 'assistant', content });

function asked(
  reasoning: CanonicalRequest['reasoning'] & object,
  capabilities: ModelCapabilities | undefined,
  members: Partial<CanonicalRequest> = {},
): Json {
  const { thinking, output_config } = encode(requestOf({ reasoning, ...members }), capabilities);
  return { thinking, output_config };
}

describe('a model led by effort', () => {
  test.each<[Json, Json, Json | undefined]>([
    [{ effort: 'minimal' }, { type: 'adaptive' }, { effort: 'low' }],
    [{ effort: 'high', visible: true }, { type: 'adaptive', display: 'summarized' }, { effort: 'high' }],
    [{ visible: false }, { type: 'adaptive', display: 'omitted' }, undefined],
    [{ budgetTokens: 100_000 }, { type: 'adaptive' }, { effort: 'high' }],
    [{ budgetTokens: 3000 }, { type: 'adaptive' }, { effort: 'medium' }],
    [{ budgetTokens: 2048 }, { type: 'adaptive' }, { effort: 'low' }],
    [{ effort: 'none' }, { type: 'disabled' }, undefined],
    [{ budgetTokens: 0 }, { type: 'disabled' }, undefined],
  ])('asked for %j', (reasoning, thinking, outputConfig) => {
    expect(asked(reasoning, byEffort)).toEqual({ thinking, output_config: outputConfig });
  });

  test('thinks on where the client has lost its thoughts, and before a call that it is forced to make', () => {
    const messages = [user('Look'), assistant(call('a')), result('a')];
    const tools = [{ name: 'look' }];

    expect(asked({ effort: 'low' }, byEffort, { messages })).toMatchObject({ thinking: { type: 'adaptive' } });
    expect(asked({ effort: 'low' }, byEffort, { tools, toolChoice: { kind: 'required' } })).toMatchObject({
      thinking: { type: 'adaptive' },
    });
  });

  test('is turned off in its own words, where it can be', () => {
    const off = { effort: 'none', path: 'reasoning_effort' } as const;

    expect(asked(off, { ...byEffort, reasoningOff: 'between_tools' })).toMatchObject({
      thinking: { type: 'between_tools' },
    });
    expect(() => asked(off, { ...byEffort, reasoningOff: 'never' })).toThrow(refusal('reasoning_effort'));
  });

  test('that is turned off gets no thoughts back', () => {
    const messages = [user('Hi'), assistant(signed, { type: 'text', text: 'Hello' }), user('Bye')];

    const body = encode(requestOf({ messages, reasoning: { effort: 'none' } }), byEffort);

    expect(body['messages']).toMatchObject([{}, { content: [{ type: 'text', text: 'Hello' }] }, {}]);
  });
});

describe('a model with a budget', () => {
  test.each<[Json, number]>([
    [{ effort: 'minimal' }, 1024],
    [{ effort: 'low' }, 2000],
    [{ effort: 'high' }, 2000],
    [{ visible: true }, 2000],
    [{ budgetTokens: 128 }, 1024],
    [{ budgetTokens: 3000 }, 3000],
    [{ budgetTokens: 9000 }, 3999],
  ])('asked for %j, of 4000 tokens thinks with %i', (reasoning, budget) => {
    expect(asked(reasoning, byBudget)['thinking']).toMatchObject({ type: 'enabled', budget_tokens: budget });
  });

  test('does not think where it is told not to', () => {
    expect(asked({ effort: 'none' }, byBudget)).toEqual({ thinking: undefined, output_config: undefined });
  });

  test.each<[string, Partial<CanonicalRequest>]>([
    ['a forced call', { tools: [{ name: 'look' }], toolChoice: { kind: 'tool', name: 'look' } }],
    ['an answer that was begun', { messages: [user('Hi'), assistant({ type: 'text', text: 'He' })] }],
  ])('is not made to think before %s', (_, members) => {
    const request = requestOf({ reasoning: { effort: 'low', path: 'reasoning_effort' }, ...members });

    expect(() => encode(request, byBudget)).toThrow(refusal('reasoning_effort'));
    expect(encodeDropping(request, byBudget).body).not.toHaveProperty('thinking');
  });

  test.each<[string, readonly Message[], boolean]>([
    ['has its thoughts', [assistant(signed, call('a')), result('a')], true],
    [
      'thought once for many calls',
      [assistant(signed, call('a')), result('a'), assistant(call('b')), result('b')],
      true,
    ],
    ['has lost them', [assistant(call('a')), result('a')], false],
    [
      'has another vendor’s',
      [assistant({ ...signed, state: { origin: 'openai', value: 'x' } }, call('a')), result('a')],
      false,
    ],
    ['is over', [assistant(call('a')), result('a'), assistant({ type: 'text', text: 'Blue' }), user('Why?')], true],
  ])('in a loop of calls that %s', (_, loop, thinks) => {
    const request = requestOf({ messages: [user('Look'), ...loop], reasoning: { effort: 'low' } });

    expect('thinking' in encode(request, byBudget)).toBe(thinks);
  });
});

test('a cap that leaves no room for thinking refuses it', () => {
  const request = requestOf({ reasoning: { effort: 'low', path: 'reasoning_effort' } });
  const losses = createLosses('Anthropic', { dropping: false });
  const encodeWith = (maxOutputTokens: number) =>
    anthropicMessagesCodec.encodeRequest(request, { ...target, maxOutputTokens, capabilities: byBudget }, losses);

  expect(() => encodeWith(1024)).toThrow(refusal('reasoning_effort'));
  expect(encodeWith(1025)).toMatchObject({ max_tokens: 1025, thinking: { budget_tokens: 1024 } });
});

test('a model that does not think is not asked to', () => {
  const reasoning = { effort: 'low', path: 'reasoning_effort' } as const;

  expect(() => asked(reasoning, { reasoning: false })).toThrow(refusal('reasoning_effort'));
  expect(asked({ effort: 'none' }, { reasoning: false })).toEqual({ thinking: undefined, output_config: undefined });
});

test.each<[Json, string]>([
  [{ budgetTokens: 2000 }, 'enabled'],
  [{ effort: 'low' }, 'adaptive'],
  [{ visible: true }, 'adaptive'],
])('of a model that is not known the client’s words %j decide', (reasoning, type) => {
  expect(asked(reasoning, undefined)['thinking']).toMatchObject({ type });
});
