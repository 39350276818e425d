import { describe, expect, test } from 'vitest';
import { createLosses } from '../../../../../lambdas/wire/canonical/losses.ts';
import { anthropicCountTokensCodec } from '../../../../../lambdas/wire/codecs/count-tokens/anthropic.ts';
import type { CountTokensCodec } from '../../../../../lambdas/wire/codecs/count-tokens/codec.ts';
import { geminiCountTokensCodec } from '../../../../../lambdas/wire/codecs/count-tokens/gemini.ts';
import { openaiCountTokensCodec } from '../../../../../lambdas/wire/codecs/count-tokens/openai.ts';
import { target } from '../anthropic-messages/fixtures.ts';

type Json = Readonly<Record<string, unknown>>;

const codecs: readonly CountTokensCodec[] = [anthropicCountTokensCodec, openaiCountTokensCodec, geminiCountTokensCodec];
const losses = createLosses('the provider', { dropping: false });
const parameters = { type: 'object', properties: { at: { type: 'string' } } };

/** The same request in the words of each protocol. */
const requests: Readonly<Record<string, Json>> = {
  'anthropic-count-tokens': {
    model: 'm',
    system: 'Be brief',
    messages: [{ role: 'user', content: 'Look' }],
    tools: [{ name: 'look', input_schema: parameters }],
  },
  'openai-count-tokens': {
    model: 'm',
    instructions: 'Be brief',
    input: 'Look',
    tools: [{ type: 'function', name: 'look', parameters }],
  },
  'gemini-count-tokens': {
    generateContentRequest: {
      model: 'models/m',
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [{ role: 'user', parts: [{ text: 'Look' }] }],
      tools: [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: parameters }] }],
    },
  },
};

const counted: Readonly<Record<string, readonly string[]>> = {
  'anthropic-count-tokens': ['messages', 'model', 'system', 'tools'],
  'openai-count-tokens': ['input', 'model', 'tools'],
  'gemini-count-tokens': ['generateContentRequest'],
};

const answers: Readonly<Record<string, Json>> = {
  'anthropic-count-tokens': { input_tokens: 17 },
  'openai-count-tokens': { object: 'response.input_tokens', input_tokens: 17 },
  'gemini-count-tokens': { totalTokens: 17 },
};

const pairs = codecs.flatMap((from) => codecs.map((to) => [from.name, to.name, from, to] as const));

describe('a request to count tokens', () => {
  test.each(pairs)('of %s goes out as %s with what is counted, and no more', (_from, _to, from, to) => {
    const request = from.decodeRequest(requests[from.name] ?? {});

    const body = to.encodeCount(request, target, losses);

    const text = JSON.stringify(body);
    expect(Object.keys(body).toSorted()).toEqual(counted[to.name]);
    for (const word of ['Be brief', 'Look', '"look"', '"at"', 'claude-test']) expect(text).toContain(word);
    expect(
      to.decodeRequest(body as Json).messages.flatMap(({ content }) => content as readonly object[]),
    ).toMatchObject([
      { type: 'text', text: 'Be brief' },
      { type: 'text', text: 'Look' },
    ]);
  });

  test.each(pairs)('of %s to %s does not fail for how an answer would be sampled', (_from, _to, from, to) => {
    const request = { ...from.decodeRequest(requests[from.name] ?? {}), stream: true };
    const sampling = { temperature: 2, seed: 1, topK: 1, logprobs: 1, choices: 3 };

    const body = to.encodeCount({ ...request, sampling }, { ...target, maxOutputTokens: 1 }, losses);

    expect(Object.keys(body).toSorted()).toEqual(counted[to.name]);
  });

  test('of Gemini with contents alone goes out as such', () => {
    const contents = [{ role: 'user', parts: [{ text: 'Look' }] }];

    const body = geminiCountTokensCodec.encodeCount(geminiCountTokensCodec.decodeRequest({ contents }), target, losses);

    expect(body).toEqual({ contents });
  });
});

describe('a count', () => {
  test.each(codecs.map((codec) => [codec.name, codec] as const))('of %s is read and written', (name, codec) => {
    expect(codec.decodeCount(answers[name])).toBe(17);
    expect(codec.encodeCountResponse(17)).toEqual(answers[name]);
  });

  test.each([[undefined], [[]], [{ input_tokens: -1, totalTokens: 'x' }], [{ error: {} }]])('is not %j', (value) => {
    for (const codec of codecs) expect(codec.decodeCount(value)).toBeUndefined();
  });
});
