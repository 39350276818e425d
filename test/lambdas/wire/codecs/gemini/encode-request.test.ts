import { describe, expect, test } from 'vitest';
import type { EncodingTarget, ModelCapabilities } from '../../../../../lambdas/wire/canonical/codec.ts';
import { createLosses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type { CanonicalRequest, Message } from '../../../../../lambdas/wire/canonical/request.ts';
import { geminiCodec } from '../../../../../lambdas/wire/codecs/gemini/codec.ts';

const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] };
const base: CanonicalRequest = { stream: false, messages: [hello], tools: [], sampling: {}, untranslated: [] };
const newer: ModelCapabilities = { reasoningBy: 'effort' };
const older: ModelCapabilities = { reasoningBy: 'budget' };

interface Options {
  readonly capabilities?: ModelCapabilities;
  readonly maxOutputTokens?: number;
  readonly dropping?: boolean;
}

function encode(request: Partial<CanonicalRequest>, options: Options = {}) {
  const target: EncodingTarget = {
    model: 'gemini',
    maxOutputTokens: options.maxOutputTokens,
    modelMaxOutputTokens: undefined,
    maxTokensField: 'max_tokens',
    acceptsStreamOptions: false,
    ...(options.capabilities && { capabilities: options.capabilities }),
  };
  const losses = createLosses('Gemini', { dropping: options.dropping ?? false });
  const body = geminiCodec.encodeRequest({ ...base, ...request }, target, losses);
  return { body: body as Record<string, unknown>, dropped: losses.dropped };
}

const contentsOf = (messages: readonly Message[], options: Options = {}) =>
  encode({ messages }, options).body['contents'] as { role: string; parts: unknown[] }[];
const configOf = (request: Partial<CanonicalRequest>, options: Options = {}) =>
  encode(request, options).body['generationConfig'] as Record<string, unknown> | undefined;

const call = { type: 'tool-call', id: 'one', name: 'f', arguments: '{"a":1}' } as const;
const result = { type: 'tool-result', callId: 'one', name: 'f' } as const;
const image = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' } } as const;
const signed = (value: string) => ({ origin: 'gemini', value }) as const;

const json = { kind: 'json', path: 'o' } as const;
const sixStops = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('a conversation', () => {
  test('goes out with the least that says it', () => {
    expect(encode({}).body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
  });

  test('has its first instructions apart and its speakers in turns', () => {
    const { body } = encode({
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
        hello,
        hello,
        { role: 'assistant', content: [{ type: 'text', text: 'Hello' }, call] },
        { role: 'user', content: [{ ...result, content: [{ type: 'text', text: 'x' }] }] },
      ],
    });

    expect(body).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }, { text: 'Hi' }] },
        {
          role: 'model',
          parts: [
            { text: 'Hello' },
            {
              functionCall: { id: 'one', name: 'f', args: { a: 1 } },
              thoughtSignature: 'skip_thought_signature_validator',
            },
          ],
        },
        { role: 'user', parts: [{ functionResponse: { id: 'one', name: 'f', response: { output: 'x' } } }] },
      ],
    });
  });

  test('sends the signatures that are Gemini’s own, and those only', () => {
    const [content] = contentsOf([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'private', state: { origin: 'anthropic', value: 'EqQB' } },
          { type: 'reasoning', text: 'unsigned' },
          { type: 'redacted-reasoning', state: { origin: 'anthropic', value: 'EqQB' } },
          { type: 'reasoning', text: 'own', state: signed('dGhvdWdodA==') },
          { type: 'text', text: 'a', state: signed('dGV4dA==') },
          { type: 'text', text: 'b', state: { origin: 'openai', value: 'gAAA' } },
          { ...call, state: signed('Y2FsbA==') },
          { ...call, id: 'two', state: { origin: 'openai', value: 'gAAA' } },
        ],
      },
    ]);

    expect(content?.parts).toEqual([
      { text: 'own', thought: true, thoughtSignature: 'dGhvdWdodA==' },
      { text: 'a', thoughtSignature: 'dGV4dA==' },
      { text: 'b' },
      { functionCall: { id: 'one', name: 'f', args: { a: 1 } }, thoughtSignature: 'Y2FsbA==' },
      { functionCall: { id: 'two', name: 'f', args: { a: 1 } } },
    ]);
  });

  test('puts the word for a lost signature on the first call only, and never for older models', () => {
    const calls: Message = { role: 'assistant', content: [call, { ...call, id: 'two' }] };

    const signatures = (capabilities: ModelCapabilities) =>
      contentsOf([calls], { capabilities })[0]?.parts.map(
        (part) => (part as Record<string, unknown>)['thoughtSignature'],
      );

    expect(signatures(newer)).toEqual(['skip_thought_signature_validator', undefined]);
    expect(signatures(older)).toEqual([undefined, undefined]);
  });

  test('gives results in the order of their calls, for models that know no ids', () => {
    const messages: Message[] = [
      { role: 'assistant', content: [call, { ...call, id: 'two' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'and' },
          { ...result, callId: 'two', content: [{ type: 'text', text: 'second' }] },
          { ...result, callId: 'one', content: [{ type: 'text', text: 'first' }] },
        ],
      },
    ];

    expect(contentsOf(messages, { capabilities: older })).toEqual([
      {
        role: 'model',
        parts: [{ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'f', args: { a: 1 } } }],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'f', response: { output: 'first' } } },
          { functionResponse: { name: 'f', response: { output: 'second' } } },
          { text: 'and' },
        ],
      },
    ]);
  });

  test('leaves out a turn of nothing but another model’s thoughts', () => {
    const thoughts: Message = { role: 'assistant', content: [{ type: 'reasoning', text: 'private' }] };

    expect(contentsOf([hello, thoughts])).toHaveLength(1);
  });

  test.each([
    [
      newer,
      [
        {
          functionResponse: {
            id: 'one',
            name: 'f',
            response: { error: 'no' },
            parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }],
          },
        },
      ],
    ],
    [
      older,
      [
        { functionResponse: { name: 'f', response: { error: 'no' } } },
        { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
      ],
    ],
  ])('has images of a result where the model takes them: %j', (capabilities, parts) => {
    const answered: Message = {
      role: 'user',
      content: [{ ...result, isError: true, content: [{ type: 'text', text: 'no' }, image] }],
    };

    expect(contentsOf([answered], { capabilities })[0]?.parts).toEqual(parts);
  });

  test.each([
    [
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
      [{ fileData: { fileUri: 'https://example.com/a.png', mimeType: 'image/png' } }],
    ],
    [
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a' } },
      [{ fileData: { fileUri: 'https://example.com/a' } }],
    ],
    [
      { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'aGk=' } },
      [{ inlineData: { mimeType: 'audio/wav', data: 'aGk=' } }],
    ],
    [
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'aGk=' },
        title: 'Terms',
        context: 'Of 2026',
      },
      [{ text: 'Terms\nOf 2026' }, { inlineData: { mimeType: 'application/pdf', data: 'aGk=' } }],
    ],
    [
      { type: 'document', source: { kind: 'text', text: 'Body' }, title: 'Terms' },
      [{ text: 'Terms' }, { text: 'Body' }],
    ],
  ] as const)('holds %j', (part, parts) => {
    expect(contentsOf([{ role: 'user', content: [part] }])[0]?.parts).toEqual(parts);
  });

  test.each<[Message, string, Options?]>([
    [{ role: 'system', content: [{ type: 'text', text: 'alone' }] }, 'messages'],
    [{ role: 'user', content: [{ type: 'image', source: { kind: 'file', id: 'file-1' }, path: 'p' }] }, 'p'],
    [{ role: 'user', content: [{ ...image, path: 'p' }] }, 'p', { capabilities: { input: ['text'] } }],
    [{ role: 'assistant', content: [{ ...call, arguments: '{"a":', path: 'p' }] }, 'p'],
    [{ role: 'assistant', content: [{ ...call, arguments: '[]', path: 'p' }] }, 'p'],
    [
      {
        role: 'user',
        content: [{ type: 'document', source: { kind: 'text', text: 'a' }, citations: true, path: 'p' }],
      },
      'p.citations',
    ],
  ])('is refused where it cannot be said: %j', (message, param, options = {}) => {
    expect(() => contentsOf([message], options)).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param }),
    );
  });
});

describe('options', () => {
  test('of sampling, the cap and the format are one configuration', () => {
    const request = {
      sampling: {
        temperature: 0,
        topP: 0.5,
        topK: 4,
        seed: 0,
        choices: 2,
        stopSequences: ['a'],
        logprobs: 3,
        presencePenalty: 1,
        frequencyPenalty: 2,
      },
      outputFormat: { kind: 'json' },
    } as const;

    expect(configOf(request, { maxOutputTokens: 9 })).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 4,
      seed: 0,
      candidateCount: 2,
      stopSequences: ['a'],
      responseLogprobs: true,
      logprobs: 3,
      presencePenalty: 1,
      frequencyPenalty: 2,
      maxOutputTokens: 9,
      responseMimeType: 'application/json',
    });
  });

  test.each([
    ['none', newer, { thinkingLevel: 'MINIMAL' }],
    ['minimal', { ...newer, reasoningOff: 'never' }, { thinkingLevel: 'LOW' }],
    ['medium', {}, { thinkingLevel: 'MEDIUM' }],
    ['max', newer, { thinkingLevel: 'HIGH' }],
    ['none', older, { thinkingBudget: 0 }],
    ['medium', older, { thinkingBudget: 8192 }],
  ] as const)('of reasoning: %s for %j', (effort, capabilities, thinkingConfig) => {
    expect(configOf({ reasoning: { effort } }, { capabilities })).toEqual({ thinkingConfig });
  });

  test.each([
    ['high', 60_000, 24_576],
    ['high', 8_000, 4_000],
    ['low', 600, 512],
    ['none', 600, 0],
  ] as const)(
    'of reasoning: %s leaves room for the answer under a cap of %d',
    (effort, maxOutputTokens, thinkingBudget) => {
      expect(configOf({ reasoning: { effort } }, { capabilities: older, maxOutputTokens })).toEqual({
        maxOutputTokens,
        thinkingConfig: { thinkingBudget },
      });
    },
  );

  test.each([
    [2000, older, { thinkingBudget: 2000, includeThoughts: true }],
    [1000, newer, { thinkingLevel: 'LOW', includeThoughts: true }],
    [30_000, newer, { thinkingLevel: 'HIGH', includeThoughts: true }],
  ])('of reasoning: %s tokens for %j', (budgetTokens, capabilities, thinkingConfig) => {
    expect(configOf({ reasoning: { budgetTokens, visible: true } }, { capabilities })).toEqual({ thinkingConfig });
  });

  test.each<[string, Partial<CanonicalRequest>, Options, string]>([
    ['six stop sequences', { sampling: { stopSequences: sixStops, paths: { stopSequences: 'stop' } } }, {}, 'stop'],
    ['a temperature', { sampling: { temperature: 0 } }, { capabilities: { sampling: false } }, 'temperature'],
    ['reasoning off', { reasoning: { effort: 'none', path: 'r' } }, { capabilities: { reasoningOff: 'never' } }, 'r'],
    ['reasoning', { reasoning: { effort: 'low', path: 'r' } }, { capabilities: { reasoning: false } }, 'r'],
    ['a format', { outputFormat: json }, { capabilities: { structuredOutput: false } }, 'o'],
    ['JSON beside tools', { outputFormat: json, tools: [{ name: 'f' }] }, { capabilities: older }, 'o'],
    ['one call at a time', { parallelToolCalls: false, tools: [{ name: 'f' }] }, {}, 'parallel_tool_calls'],
    [
      'a forced call',
      { toolChoice: { kind: 'required' }, tools: [{ name: 'f' }] },
      { capabilities: { forcedToolCalls: false } },
      'tool_choice',
    ],
  ])('that the target lacks are refused or dropped: %s', (_, request, options, path) => {
    expect(() => encode(request, options)).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param: path }),
    );
    expect(encode(request, { ...options, dropping: true }).dropped).toEqual([path]);
  });

  test('beyond five stop sequences are left out where the caller prefers that', () => {
    const { body } = encode({ sampling: { stopSequences: sixStops } }, { dropping: true });

    expect(body['generationConfig']).toEqual({ stopSequences: sixStops.slice(0, 5) });
  });
});

describe('tools', () => {
  test('are declared with their JSON Schema', () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const tools = [
      { name: 'weather', description: 'Of a city', parameters },
      { name: 'now', parameters: { type: 'object', properties: {}, additionalProperties: false } },
      { name: 'anything', parameters: { additionalProperties: { type: 'string' } } },
      { name: 'nothing' },
    ];

    expect(encode({ tools }).body['tools']).toEqual([
      {
        functionDeclarations: [
          { name: 'weather', description: 'Of a city', parametersJsonSchema: parameters },
          { name: 'now' },
          { name: 'anything', parametersJsonSchema: { type: 'object', additionalProperties: { type: 'string' } } },
          { name: 'nothing' },
        ],
      },
    ]);
  });

  test.each<[CanonicalRequest['toolChoice'], boolean, object | undefined]>([
    [undefined, false, undefined],
    [undefined, true, { mode: 'VALIDATED' }],
    [{ kind: 'auto' }, false, { mode: 'AUTO' }],
    [{ kind: 'none' }, true, { mode: 'NONE' }],
    [{ kind: 'required' }, false, { mode: 'ANY' }],
    [{ kind: 'tool', name: 'f' }, false, { mode: 'ANY', allowedFunctionNames: ['f'] }],
    [{ kind: 'one-of', names: ['f'], required: false }, false, { mode: 'VALIDATED', allowedFunctionNames: ['f'] }],
    [{ kind: 'one-of', names: ['f'], required: true }, false, { mode: 'ANY', allowedFunctionNames: ['f'] }],
  ])('are chosen by %j, strict: %s', (toolChoice, strict, config) => {
    const { body } = encode({ tools: [{ name: 'f', strict }], ...(toolChoice && { toolChoice }) });

    expect(body['toolConfig']).toEqual(config && { functionCallingConfig: config });
  });

  test('are refused where the model takes none, or not by that name', () => {
    expect(() => encode({ tools: [{ name: 'f' }] }, { capabilities: { tools: false } })).toThrow('takes no tools');
    expect(() => encode({ tools: [{ name: '1st', path: 'tools[0]' }] })).toThrow(
      expect.objectContaining({ param: 'tools[0].name' }),
    );
  });

  test('hold the model to a strict schema, so a keyword that is not enforced is a loss', () => {
    const parameters = { type: 'object', properties: { a: { type: 'string', pattern: '^x', default: 'x' } } };
    const tool = { name: 'f', parameters, path: 'tools[0]' };

    expect(() => encode({ tools: [{ ...tool, strict: true }] })).toThrow(
      expect.objectContaining({ param: 'tools[0].parameters.properties.a.pattern' }),
    );
    expect(encode({ tools: [tool] }).dropped).toEqual([]);
  });

  test('hold an answer to its schema in the same way', () => {
    const schema = { type: 'object', properties: { a: { type: 'string', minLength: 1 } } };
    const outputFormat = { kind: 'json-schema', schema, strict: true, path: 'response_format' } as const;

    expect(() => encode({ outputFormat })).toThrow(
      expect.objectContaining({ param: 'response_format.schema.properties.a.minLength' }),
    );
    expect(configOf({ outputFormat: { ...outputFormat, strict: false } })).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: {
        type: 'object',
        properties: { a: { type: 'string', description: 'JSON Schema: {"minLength":1}' } },
      },
    });
  });
});
