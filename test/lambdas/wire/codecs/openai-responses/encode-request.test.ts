import { describe, expect, test } from 'vitest';
import type { EncodingTarget } from '../../../../../lambdas/wire/canonical/codec.ts';
import { createLosses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type { AssistantPart, CanonicalRequest, UserPart } from '../../../../../lambdas/wire/canonical/request.ts';
import { openaiResponsesCodec } from '../../../../../lambdas/wire/codecs/openai-responses/codec.ts';

const target: EncodingTarget = {
  model: 'gpt',
  maxOutputTokens: undefined,
  modelMaxOutputTokens: undefined,
  maxTokensField: 'max_completion_tokens',
  acceptsStreamOptions: true,
};
const base: CanonicalRequest = {
  stream: false,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
  sampling: {},
  untranslated: [],
};

function encode(request: Partial<CanonicalRequest>, to: Partial<EncodingTarget> = {}, dropping = false) {
  const losses = createLosses('OpenAI', { dropping });
  const body = openaiResponsesCodec.encodeRequest({ ...base, ...request }, { ...target, ...to }, losses);
  return { body: JSON.parse(JSON.stringify(body)), dropped: losses.dropped };
}
const itemsOf = (role: 'user' | 'assistant', part: UserPart | AssistantPart): unknown =>
  encode({ messages: [{ role, content: [part] } as CanonicalRequest['messages'][number]] }).body.input;

describe('a request', () => {
  test('is never stored', () => {
    expect(encode({}).body).toEqual({
      model: 'gpt',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      store: false,
    });
  });

  test('has every option that the protocol has', () => {
    const { body } = encode(
      {
        stream: true,
        tools: [{ name: 'look', description: 'd', parameters: { type: 'object' }, strict: true }, { name: 'go' }],
        toolChoice: { kind: 'tool', name: 'look' },
        parallelToolCalls: false,
        outputFormat: { kind: 'json-schema', schema: { type: 'object' } },
        reasoning: { effort: 'high', visible: true },
        sampling: { temperature: 0, topP: 0.5, logprobs: 2 },
        endUser: 'someone',
      },
      { maxOutputTokens: 100 },
    );

    expect(body).toMatchObject({
      stream: true,
      tools: [
        { type: 'function', name: 'look', description: 'd', parameters: { type: 'object' }, strict: true },
        { type: 'function', name: 'go', parameters: { type: 'object', properties: {} }, strict: false },
      ],
      tool_choice: { type: 'function', name: 'look' },
      parallel_tool_calls: false,
      text: { format: { type: 'json_schema', name: 'response', schema: { type: 'object' }, strict: false } },
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
      temperature: 0,
      top_p: 0.5,
      top_logprobs: 2,
      safety_identifier: 'someone',
      max_output_tokens: 100,
    });
  });

  test.each<[Partial<CanonicalRequest>, object]>([
    [{ toolChoice: { kind: 'required' } }, { tool_choice: 'required' }],
    [
      { toolChoice: { kind: 'one-of', names: ['a'], required: false } },
      { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'a' }] } },
    ],
    [{ outputFormat: { kind: 'json' } }, { text: { format: { type: 'json_object' } } }],
    [{ reasoning: { budgetTokens: 1024 } }, { reasoning: { effort: 'low' } }],
    [{ reasoning: { budgetTokens: 30_000 } }, { reasoning: { effort: 'high' } }],
  ])('says %j', (request, expected) => {
    expect(encode(request).body).toMatchObject(expected);
  });

  test.each<[string, Partial<CanonicalRequest>, Partial<EncodingTarget>, boolean]>([
    ['a model that is not known to reason', {}, {}, false],
    ['a model that reasons', {}, { capabilities: { reasoning: true } }, true],
    ['a model that does not', { reasoning: { effort: 'none' } }, { capabilities: { reasoning: false } }, false],
    ['a model that is told not to', { reasoning: { effort: 'none' } }, {}, false],
    ['a model that is asked to', { reasoning: { effort: 'low' } }, {}, true],
  ])('asks for encrypted reasoning: %s', (_, request, to, asked) => {
    const { body } = encode(request, to);

    expect((body.include ?? []).includes('reasoning.encrypted_content')).toBe(asked);
  });

  test.each(['topK', 'frequencyPenalty', 'presencePenalty', 'seed', 'choices', 'stopSequences'] as const)(
    'names what the protocol lacks: %s',
    (name) => {
      const value = name === 'stopSequences' ? ['x'] : 2;
      const sampling = { [name]: value, paths: { [name]: `the.${name}` } };

      expect(() => encode({ sampling })).toThrow(
        expect.objectContaining({ code: 'parameter_not_supported', param: `the.${name}` }),
      );
      expect(encode({ sampling }, {}, true)).toMatchObject({ dropped: [`the.${name}`], body: { store: false } });
    },
  );

  test.each<[string, Partial<CanonicalRequest>, Partial<EncodingTarget>]>([
    ['a cap below the least', {}, { maxOutputTokens: 15 }],
    ['tools', { tools: [{ name: 'a' }] }, { capabilities: { tools: false } }],
    ['a name that OpenAI does not take', { tools: [{ name: 'a.b' }] }, {}],
    ['a forced call', { toolChoice: { kind: 'required' } }, { capabilities: { forcedToolCalls: false } }],
    ['a format', { outputFormat: { kind: 'json' } }, { capabilities: { structuredOutput: false } }],
  ])('is refused even where dropping is wanted: %s', (_, request, to) => {
    expect(() => encode(request, to, true)).toThrow(expect.objectContaining({ code: 'parameter_not_supported' }));
  });

  test('names a cap below the least as the client does', () => {
    const request = { maxOutputTokens: 15, maxOutputTokensPath: 'generationConfig.maxOutputTokens' };

    expect(() => encode(request, { maxOutputTokens: 15 })).toThrow(
      expect.objectContaining({ param: 'generationConfig.maxOutputTokens' }),
    );
  });

  test('has ids that OpenAI takes, the same for a call and its result', () => {
    const long = 'x'.repeat(65);

    const { body } = encode({
      endUser: 'u'.repeat(200),
      messages: [
        { role: 'assistant', content: [{ type: 'tool-call', id: long, name: 'a', arguments: '{}' }] },
        { role: 'user', content: [{ type: 'tool-result', callId: long, name: 'a', content: [] }] },
      ],
    });

    const [called, result] = body.input;
    expect(called.call_id).toMatch(/^call_\w{32}$/);
    expect(result.call_id).toBe(called.call_id);
    expect(body.safety_identifier).toMatch(/^\w{64}$/);
  });
});

describe('the input', () => {
  const state = { origin: 'openai', value: 'enc' } as const;

  test.each<[string, AssistantPart, unknown]>([
    [
      'text',
      { type: 'text', text: 'a' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a', annotations: [] }] },
    ],
    [
      'a refusal',
      { type: 'refusal', text: 'No' },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No' }] },
    ],
    [
      'reasoning',
      { type: 'reasoning', text: 'Hm', state },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'enc' },
    ],
    [
      'hidden reasoning',
      { type: 'redacted-reasoning', state },
      { type: 'reasoning', summary: [], encrypted_content: 'enc' },
    ],
    [
      'a call',
      { type: 'tool-call', id: 'c', name: 'a', arguments: '{"b":1}' },
      { type: 'function_call', call_id: 'c', name: 'a', arguments: '{"b":1}' },
    ],
  ])("has the model's %s", (_, part, expected) => {
    expect(itemsOf('assistant', part)).toEqual([expected]);
  });

  test.each<[string, AssistantPart]>([
    ['without its proof', { type: 'reasoning', text: 'Hm' }],
    ["with another vendor's", { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'sig' } }],
    ["hidden, with another vendor's", { type: 'redacted-reasoning', state: { origin: 'anthropic', value: 'sig' } }],
  ])('has no reasoning %s', (_, part) => {
    expect(itemsOf('assistant', part)).toEqual([]);
  });

  test.each<[string, UserPart, unknown]>([
    [
      'an image',
      { type: 'image', source: { kind: 'url', url: 'https://x' } },
      { type: 'input_image', detail: 'auto', image_url: 'https://x' },
    ],
    [
      'an image as data',
      { type: 'image', detail: 'low', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } },
      { type: 'input_image', detail: 'low', image_url: 'data:image/png;base64,AA' },
    ],
    [
      'a file in its store',
      { type: 'document', source: { kind: 'file', id: 'file-1' } },
      { type: 'input_file', file_id: 'file-1' },
    ],
    [
      'a document',
      { type: 'document', title: 'T', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' } },
      { type: 'input_file', filename: 'T', file_data: 'data:application/pdf;base64,AA' },
    ],
    [
      'a document by URL',
      { type: 'document', source: { kind: 'url', url: 'https://x' } },
      { type: 'input_file', file_url: 'https://x' },
    ],
    [
      'a document of text',
      { type: 'document', title: 'T', source: { kind: 'text', text: 'abc' } },
      { type: 'input_text', text: 'T\n\nabc' },
    ],
  ])("has the user's part: %s", (_, part, expected) => {
    expect(itemsOf('user', part)).toEqual([{ type: 'message', role: 'user', content: [expected] }]);
  });

  test.each<[string, UserPart]>([
    ['audio', { type: 'audio', path: 'p', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } }],
    ['video', { type: 'video', path: 'p', source: { kind: 'url', url: 'https://x' } }],
    ["a file in another vendor's store", { type: 'document', path: 'p', source: { kind: 'file', id: 'file_1' } }],
    ['a URL that is not of the web', { type: 'image', path: 'p', source: { kind: 'url', url: 's3://x' } }],
  ])('refuses %s by its path', (_, part) => {
    expect(() => itemsOf('user', part)).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param: 'p' }),
    );
  });

  test('refuses what the model cannot see', () => {
    const image = { type: 'image', path: 'p', source: { kind: 'url', url: 'https://x' } } as const;
    const request = { messages: [{ role: 'user', content: [image] } as const] };

    expect(() => encode(request, { capabilities: { input: ['text'] } })).toThrow(
      expect.objectContaining({ param: 'p' }),
    );
    expect(encode(request, { capabilities: { input: ['text', 'image'] } }).body.input).toHaveLength(1);
  });

  test.each<[string, Extract<UserPart, { type: 'tool-result' }>['content'], boolean, unknown]>([
    [
      'text',
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      false,
      'a\nb',
    ],
    ['nothing', [], false, ''],
    ['a failure, told in words since it has no mark', [{ type: 'text', text: 'a' }], true, 'Error: a'],
    ['a failure that says so itself', [{ type: 'text', text: '[Error] a' }], true, '[Error] a'],
    ['a failure without words', [], true, 'Error:'],
    [
      'an image',
      [
        { type: 'text', text: 'a' },
        { type: 'image', source: { kind: 'url', url: 'https://x' } },
      ],
      false,
      [
        { type: 'input_text', text: 'a' },
        { type: 'input_image', detail: 'auto', image_url: 'https://x' },
      ],
    ],
  ])('has a result of %s', (_, content, isError, output) => {
    expect(itemsOf('user', { type: 'tool-result', callId: 'c', name: 'a', content, isError })).toEqual([
      { type: 'function_call_output', call_id: 'c', output },
    ]);
  });

  test('keeps the order of a turn', () => {
    const { body } = encode({
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'a' },
            { type: 'tool-call', id: 'c', name: 'n', arguments: '{}' },
            { type: 'text', text: 'b' },
            { type: 'text', text: 'c' },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool-result', callId: 'c', name: 'n', content: [] },
            { type: 'text', text: 'd' },
          ],
        },
      ],
    });

    expect(
      body.input.map(({ type, role, content }: Record<string, unknown>) => [
        role ?? type,
        (content as unknown[])?.length,
      ]),
    ).toEqual([
      ['system', 1],
      ['assistant', 1],
      ['function_call', undefined],
      ['assistant', 2],
      ['function_call_output', undefined],
      ['user', 1],
    ]);
  });
});
