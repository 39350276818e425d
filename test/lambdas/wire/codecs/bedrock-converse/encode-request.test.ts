import { describe, expect, test } from 'vitest';
import type { EncodingTarget } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { CanonicalRequest, Tool } from '../../../../../lambdas/wire/canonical/request.ts';
import { bedrockConverseCodec } from '../../../../../lambdas/wire/codecs/bedrock-converse/codec.ts';
import { claude, dropping, hello, llama, nova, openWeights, strict } from './request-fixtures.ts';

type Body = Readonly<Record<string, unknown>>;
const encode = (request: Partial<CanonicalRequest>, target: EncodingTarget = claude): Body =>
  bedrockConverseCodec.encodeRequest({ ...hello, ...request }, target, strict()) as Body;

const weather: Tool = {
  name: 'weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};
const weatherSpec = {
  toolSpec: {
    name: 'weather',
    description: 'Weather of a city',
    inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } } } },
  },
};
const called: CanonicalRequest['messages'] = [
  { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
  { role: 'assistant', content: [{ type: 'tool-call', id: 'call_1', name: 'weather', arguments: '{"city":"Ulm"}' }] },
  {
    role: 'user',
    content: [{ type: 'tool-result', callId: 'call_1', name: 'weather', content: [{ type: 'text', text: 'Rain' }] }],
  },
];

describe('options', () => {
  test('go where Converse has them, and nothing is sent that was not said', () => {
    const minimal = encode({}, { ...claude, maxOutputTokens: undefined });
    const full = encode({
      sampling: { temperature: 0.5, topK: 40, stopSequences: ['END'], choices: 1, frequencyPenalty: 0 },
    });

    expect(minimal).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] });
    expect(full).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      inferenceConfig: { maxTokens: 4096, temperature: 0.5, stopSequences: ['END'] },
      additionalModelRequestFields: { top_k: 40 },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    });
  });

  test('top-k goes to Nova in its own field', () => {
    const body = encode({ sampling: { topK: 40, topP: 0.9, temperature: 0, stopSequences: ['END'] } }, nova);

    expect(body['inferenceConfig']).toEqual({ maxTokens: 4096, topP: 0.9, temperature: 0, stopSequences: ['END'] });
    expect(body).not.toHaveProperty('additionalModelResponseFieldPaths');
    expect(body['additionalModelRequestFields']).toEqual({ inferenceConfig: { topK: 40 } });
  });

  test.each<[string, CanonicalRequest['sampling'], EncodingTarget]>([
    ['a seed', { seed: 7 }, claude],
    ['penalties', { frequencyPenalty: 0.5 }, claude],
    ['penalties', { presencePenalty: -1 }, claude],
    ['log probabilities', { logprobs: 0 }, claude],
    ['several answers', { choices: 2 }, claude],
    ['top-k of a model without', { topK: 5 }, llama],
  ])('%s are refused by their own path, or dropped where the caller asks for it', (_name, sampling, target) => {
    const [member = ''] = Object.keys(sampling);
    const withPath = { ...hello, sampling: { ...sampling, paths: { [member]: `my_${member}` } } };
    const losses = dropping();

    const body = bedrockConverseCodec.encodeRequest(withPath, target, losses);

    expect(losses.dropped).toEqual([`my_${member}`]);
    expect(body).toEqual(encode({}, target));
    expect(() => bedrockConverseCodec.encodeRequest(withPath, target, strict())).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param: `my_${member}` }),
    );
  });

  test('a JSON schema is sent as text, and closed for Claude', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const closed = { ...schema, additionalProperties: false };

    const outputFormat = { kind: 'json-schema', schema, name: 'answer', strict: true } as const;
    const body = encode({ outputFormat });
    const other = encode({ outputFormat }, nova);

    const format = (text: string) => ({
      textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: text, name: 'answer' } } },
    });
    expect(body['outputConfig']).toEqual(format(JSON.stringify(closed)));
    expect(other['outputConfig']).toEqual(format(JSON.stringify(schema)));
  });

  test('a schema that cannot be kept to is refused by path', () => {
    const outputFormat = { kind: 'json-schema', schema: { not: {} }, path: 'response_format' } as const;
    const plain = { ...nova, capabilities: { structuredOutput: false } };

    expect(() => encode({ outputFormat })).toThrow(expect.objectContaining({ param: 'response_format' }));
    expect(() => encode({ outputFormat }, plain)).toThrow(expect.objectContaining({ param: 'response_format' }));
  });

  test('JSON without a schema is refused', () => {
    expect(() => encode({ outputFormat: { kind: 'json', path: 'response_format' } })).toThrow(
      expect.objectContaining({ param: 'response_format' }),
    );
  });
});

describe('tools', () => {
  test('are sent with their schema, strictness and cache point', () => {
    const body = encode({
      tools: [{ ...weather, strict: true, cache: { ttl: '1h' } }, { name: 'now' }, { name: 'any', parameters: {} }],
    });

    const json = { ...weather.parameters, additionalProperties: false };
    const strictSpec = { toolSpec: { ...weatherSpec.toolSpec, inputSchema: { json }, strict: true } };
    expect(body['toolConfig']).toEqual({
      tools: [
        strictSpec,
        { cachePoint: { type: 'default', ttl: '1h' } },
        { toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } },
        { toolSpec: { name: 'any', inputSchema: { json: { type: 'object' } } } },
      ],
    });
  });

  test('have no cache point with Nova, which caches none', () => {
    expect(encode({ tools: [{ ...weather, cache: {} }] }, nova)['toolConfig']).toEqual({ tools: [weatherSpec] });
  });

  test.each<[CanonicalRequest['toolChoice'], object | undefined]>([
    [undefined, undefined],
    [{ kind: 'auto' }, undefined],
    [{ kind: 'required' }, { any: {} }],
    [{ kind: 'tool', name: 'weather' }, { tool: { name: 'weather' } }],
    [{ kind: 'one-of', names: ['weather'], required: true }, { any: {} }],
    [{ kind: 'one-of', names: ['weather'], required: false }, undefined],
  ])('with the choice %j', (toolChoice, expected) => {
    const tools = toolChoice?.kind === 'one-of' ? [weather, { name: 'other' }] : [weather];

    const body = encode({ tools, ...(toolChoice && { toolChoice }) });

    expect(body['toolConfig']).toEqual({ tools: [weatherSpec], ...(expected && { toolChoice: expected }) });
  });

  test.each<[CanonicalRequest['toolChoice'], object]>([
    [undefined, { type: 'auto' }],
    [{ kind: 'required' }, { type: 'any' }],
    [
      { kind: 'tool', name: 'weather' },
      { type: 'tool', name: 'weather' },
    ],
  ])(
    'one call at a time moves the choice %j of Claude to its own field, since two conflict',
    (toolChoice, expected) => {
      const body = encode({ tools: [weather], parallelToolCalls: false, ...(toolChoice && { toolChoice }) });

      expect(body['toolConfig']).toEqual({ tools: [weatherSpec] });
      expect(body['additionalModelRequestFields']).toEqual({
        tool_choice: { ...expected, disable_parallel_tool_use: true },
      });
    },
  );

  test('one call at a time is refused for other models, and means nothing without tools', () => {
    expect(() => encode({ tools: [weather], parallelToolCalls: false }, nova)).toThrow(
      expect.objectContaining({ param: 'parallel_tool_calls' }),
    );
    expect(encode({ parallelToolCalls: false }, nova)).toEqual(encode({}, nova));
  });

  test('are left out where none may be called and none was', () => {
    expect(encode({ tools: [weather], toolChoice: { kind: 'none' } })).toEqual(encode({}));
  });

  test('stay where none may be called but some were, and Claude is told so', () => {
    const body = encode({ messages: called, tools: [weather], toolChoice: { kind: 'none' } });

    expect(body['toolConfig']).toEqual({ tools: [weatherSpec] });
    expect(body['additionalModelRequestFields']).toEqual({ tool_choice: { type: 'none' } });
    expect(() => encode({ messages: called, tools: [weather], toolChoice: { kind: 'none' } }, nova)).toThrow(
      expect.objectContaining({ param: 'tool_choice' }),
    );
  });

  test('of the conversation are named where the request offers none', () => {
    const body = encode({ messages: called }, nova);

    expect(body['toolConfig']).toEqual({
      tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: {} } } } }],
    });
  });

  test('that the model cannot take or be forced to call are refused', () => {
    const toolChoice = { kind: 'required' } as const;

    expect(() => encode({ tools: [weather] }, { ...claude, capabilities: { tools: false } })).toThrow(
      expect.objectContaining({ param: 'tools' }),
    );
    expect(() =>
      encode({ tools: [weather], toolChoice }, { ...claude, capabilities: { forcedToolCalls: false } }),
    ).toThrow(expect.objectContaining({ param: 'tool_choice' }));
    expect(() => encode({ tools: [{ name: 'list', parameters: { type: 'array' } }] })).toThrow(
      expect.objectContaining({ param: 'tools' }),
    );
  });

  test('with a name that Converse refuses are refused by path', () => {
    expect(() => encode({ tools: [{ name: 'mcp:files.read', path: 'tools[0]' }] })).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param: 'tools[0]' }),
    );
  });
});

describe('reasoning', () => {
  const byBudget: EncodingTarget = { ...claude, capabilities: { reasoningBy: 'budget' } };
  const byEffort: EncodingTarget = { ...claude, capabilities: { reasoningBy: 'effort' } };
  const enabled = (tokens: number) => ({
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: tokens } },
  });
  const adaptive = (effort?: string) => ({
    additionalModelRequestFields: { thinking: { type: 'adaptive' } },
    ...(effort !== undefined && { outputConfig: { effort } }),
  });

  test.each<[NonNullable<CanonicalRequest['reasoning']>, EncodingTarget, object]>([
    [{ effort: 'high' }, byEffort, adaptive('high')],
    [{ effort: 'minimal' }, byEffort, adaptive('low')],
    [{ budgetTokens: 8192 }, byEffort, adaptive('medium')],
    [{ effort: 'none' }, byEffort, { additionalModelRequestFields: { thinking: { type: 'disabled' } } }],
    [{ budgetTokens: 2000 }, byBudget, enabled(2000)],
    [{ budgetTokens: 2000 }, claude, enabled(2000)],
    [{ budgetTokens: 10 }, byBudget, enabled(1024)],
    [{ budgetTokens: 9000 }, byBudget, enabled(4095)],
    [{ effort: 'low' }, byBudget, enabled(2048)],
    [{ effort: 'max' }, byBudget, enabled(2048)],
    [
      { effort: 'high', visible: true },
      byEffort,
      {
        additionalModelRequestFields: { thinking: { type: 'adaptive', display: 'summarized' } },
        outputConfig: { effort: 'high' },
      },
    ],
    [
      { effort: 'max' },
      nova,
      { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } } },
    ],
    [{ effort: 'none' }, nova, { additionalModelRequestFields: { reasoningConfig: { type: 'disabled' } } }],
    [{ effort: 'minimal' }, openWeights, { additionalModelRequestFields: { reasoning_effort: 'low' } }],
    [{}, byEffort, adaptive()],
    [{}, nova, {}],
  ])('%j', (reasoning, target, expected) => {
    expect(encode({ reasoning }, target)).toEqual({ ...encode({}, target), ...expected });
  });

  test('is refused by path for a model without, and where no room is left for it', () => {
    const reasoning = { effort: 'high', path: 'reasoning_effort' } as const;

    expect(() => encode({ reasoning }, llama)).toThrow(expect.objectContaining({ param: 'reasoning_effort' }));
    expect(() => encode({ reasoning }, { ...byBudget, maxOutputTokens: 1024 })).toThrow(
      expect.objectContaining({ param: 'reasoning_effort' }),
    );
  });

  test('by a budget has a cap that it fits into, though nobody set one', () => {
    const body = encode({ reasoning: { budgetTokens: 5000 } }, { ...byBudget, maxOutputTokens: undefined });

    expect(body).toMatchObject({ ...enabled(5000), inferenceConfig: { maxTokens: 64_000 } });
  });

  test('refuses beside it what Claude refuses', () => {
    const reasoning = { effort: 'high' } as const;

    expect(() => encode({ reasoning, sampling: { temperature: 0.2 } })).toThrow(
      expect.objectContaining({ param: 'temperature' }),
    );
    expect(() => encode({ reasoning, sampling: { topK: 3 } })).toThrow(expect.objectContaining({ param: 'topK' }));
    expect(encode({ reasoning, sampling: { temperature: 1 } })).toEqual(encode({ reasoning }));
  });
});

test('reads an application inference profile as Claude only where the catalog says how it reasons', () => {
  const model = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc';
  const reasoning = { effort: 'low', path: 'reasoning_effort' } as const;

  const known = encode({ reasoning }, { ...claude, model, capabilities: { reasoningBy: 'effort' } });

  expect(known['outputConfig']).toEqual({ effort: 'low' });
  expect(() => encode({ reasoning }, { ...claude, model })).toThrow(
    expect.objectContaining({ param: 'reasoning_effort' }),
  );
});
