import { describe, expect, test } from 'vitest';
import type { ModelCapabilities } from '../../../../lambdas/wire/canonical/codec.ts';
import {
  createTranslation,
  type TranslatedRequest,
  type TranslationTarget,
} from '../../../../lambdas/wire/translation/translation.ts';

/** What applications send without meaning anything by it: values at which a target does what it would do anyway. */

type Members = Readonly<Record<string, unknown>>;

const clients = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
type Client = (typeof clients)[number];
type Upstream = Client | 'bedrock-converse';

const models: readonly (readonly [upstream: Upstream, model: string])[] = [
  ['openai-chat', 'gpt-5'],
  ['openai-responses', 'gpt-5'],
  ['anthropic-messages', 'claude-opus-4-7'],
  ['gemini', 'gemini-3-pro'],
  ['bedrock-converse', 'anthropic.claude-opus-4-7'],
  ['bedrock-converse', 'amazon.nova-pro-v1:0'],
];

/** The cap on output of these requests is below the smallest budget of thinking. */
const capabilities: Readonly<Record<string, ModelCapabilities>> = {
  'some model': {},
  'a model that thinks by a budget': { reasoning: true, reasoningBy: 'budget' },
  'a model without options': { sampling: false, reasoning: false, structuredOutput: false, forcedToolCalls: false },
};

const user = { role: 'user', content: 'hello' };
const functionTool = { name: 'look', parameters: { type: 'object', properties: {} } };

const plain: Readonly<Record<Client, Members>> = {
  'openai-chat': { model: 'm', messages: [user] },
  'openai-responses': { model: 'm', input: 'hello' },
  'anthropic-messages': { model: 'm', max_tokens: 256, messages: [user] },
  gemini: { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] },
};

/** Members of `generationConfig`, one in each. */
function configs(members: Members): readonly Members[] {
  return Object.entries(members).map(([name, value]) => ({ generationConfig: { [name]: value } }));
}

function each(members: Members): readonly Members[] {
  return Object.entries(members).map(([name, value]) => ({ [name]: value }));
}

/** Nothing of them reaches the provider, which might refuse the very name. */
const unsaid: Readonly<Record<Client, readonly Members[]>> = {
  'openai-chat': [
    ...each({
      frequency_penalty: 0,
      presence_penalty: 0,
      repetition_penalty: 1,
      min_p: 0,
      top_a: 0,
      n: 1,
      logit_bias: {},
      logprobs: false,
      top_logprobs: 0,
      stop: [],
      seed: null,
      user: '',
      safety_identifier: '',
      metadata: {},
      store: false,
      service_tier: 'auto',
      parallel_tool_calls: true,
      tool_choice: 'auto',
      function_call: 'none',
      tools: [],
      functions: [],
      response_format: { type: 'text' },
      modalities: ['text'],
      prediction: null,
      reasoning_effort: null,
      reasoning: {},
      include_reasoning: false,
      verbosity: 'medium',
      max_tokens: null,
      max_completion_tokens: null,
      web_search_options: null,
      prompt_cache_key: 'cache',
      prompt_cache_retention: '24h',
      stream: false,
      stream_options: { include_usage: true, include_obfuscation: false },
      temperature: null,
      top_p: null,
      audio: null,
    }),
    { top_logprobs: null },
    { stop: null },
    { stop: '' },
    { metadata: null },
    { store: null },
    { service_tier: 'default' },
    { tool_choice: 'none' },
    { response_format: null },
    { reasoning: { exclude: true } },
    { reasoning: { effort: null } },
    { tools: [], tool_choice: 'none', parallel_tool_calls: true },
  ],
  'openai-responses': [
    ...each({
      truncation: 'disabled',
      include: [],
      text: { format: { type: 'text' }, verbosity: 'medium' },
      top_logprobs: 0,
      max_tool_calls: null,
      max_output_tokens: null,
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      metadata: {},
      store: false,
      background: false,
      previous_response_id: null,
      conversation: null,
      prompt: null,
      reasoning: {},
      prompt_cache_key: 'cache',
      service_tier: 'auto',
      user: '',
      instructions: '',
      stream: false,
      stream_options: { include_obfuscation: false },
    }),
    { include: ['reasoning.encrypted_content'] },
    { text: {} },
    { text: { format: null, verbosity: null } },
    { tool_choice: 'none' },
    { reasoning: null },
    { reasoning: { effort: null, summary: null } },
  ],
  'anthropic-messages': [
    ...each({
      stop_sequences: [],
      metadata: { user_id: '' },
      tool_choice: { type: 'auto', disable_parallel_tool_use: false },
      tools: [],
      service_tier: 'auto',
      top_k: null,
      mcp_servers: [],
      container: null,
      context_management: null,
      stream: false,
      system: '',
      inference_geo: null,
      thinking: null,
    }),
    { stop_sequences: [''] },
    { metadata: {} },
    { metadata: { user_id: null } },
    { tool_choice: { type: 'none' } },
    { context_management: { edits: [] } },
    { system: [] },
    { system: [{ type: 'text', text: '' }] },
  ],
  gemini: [
    ...each({
      safetySettings: [
        { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' },
        { category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_NONE' },
      ],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
      tools: [],
      labels: {},
      cachedContent: null,
      systemInstruction: { role: 'user', parts: [] },
      generationConfig: {},
    }),
    ...configs({
      candidateCount: 1,
      stopSequences: [],
      responseMimeType: 'text/plain',
      responseModalities: ['TEXT'],
      thinkingConfig: { includeThoughts: false },
      temperature: null,
      topK: null,
      seed: null,
      maxOutputTokens: null,
      frequencyPenalty: 0,
      presencePenalty: 0,
      responseLogprobs: false,
      logprobs: null,
      mediaResolution: 'MEDIA_RESOLUTION_UNSPECIFIED',
      audioTimestamp: false,
      responseSchema: null,
    }),
    { generationConfig: { thinkingConfig: {} } },
    { generationConfig: { thinkingConfig: { thinkingLevel: 'THINKING_LEVEL_UNSPECIFIED' } } },
    { generationConfig: { responseMimeType: '' } },
    { systemInstruction: { parts: [{ text: '' }] } },
  ],
};

/** These a provider may be told: it has a word for them. */
const said: Readonly<Record<Client, readonly Members[]>> = {
  'openai-chat': [
    { temperature: 1 },
    { top_p: 1 },
    { user: 'u' },
    { safety_identifier: 'u' },
    { tools: [{ type: 'function', function: functionTool }], tool_choice: 'auto', parallel_tool_calls: true },
    { tools: [{ type: 'function', function: functionTool }], tool_choice: 'none', parallel_tool_calls: true },
    { functions: [functionTool], function_call: 'auto' },
    { reasoning_effort: 'none' },
  ],
  'openai-responses': [
    { temperature: 1 },
    { top_p: 1 },
    { reasoning: { effort: null, summary: 'auto' } },
    { tools: [{ type: 'function', ...functionTool }], tool_choice: 'auto', parallel_tool_calls: true },
  ],
  'anthropic-messages': [
    { temperature: 1 },
    { top_p: 1 },
    { thinking: { type: 'disabled' } },
    { metadata: { user_id: 'u' } },
    { tools: [{ name: 'look', input_schema: functionTool.parameters }], tool_choice: { type: 'auto' } },
  ],
  gemini: [
    ...configs({ temperature: 1, topP: 1, thinkingConfig: { thinkingBudget: 0 } }),
    {
      tools: [{ functionDeclarations: [functionTool] }],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    },
  ],
};

function translated(client: Client, members: Members, target: Partial<TranslationTarget>): TranslatedRequest {
  const fields = { ...plain[client], ...members };
  const translation = createTranslation({
    client,
    fields,
    stream: false,
    dropUnsupported: false,
    context: { requestId: 'req_1', createdAt: 1_763_812_800, includeUsage: false },
  });
  return translation.encode({
    protocol: 'openai-chat',
    displayName: 'the provider',
    model: 'm',
    maxOutputTokens: 256,
    modelMaxOutputTokens: undefined,
    maxTokensField: 'max_completion_tokens',
    acceptsStreamOptions: true,
    ...target,
  });
}

/** The members of all, and those of `generationConfig` side by side. */
function together(all: readonly Members[]): Members {
  const joined: Record<string, unknown> = {};
  const generationConfig: Record<string, unknown> = {};
  for (const members of all) {
    Object.assign(joined, members);
    Object.assign(generationConfig, members['generationConfig']);
  }
  return Object.keys(generationConfig).length === 0 ? joined : { ...joined, generationConfig };
}

const ways = clients.flatMap((client) =>
  models
    .filter(([upstream]) => upstream !== client)
    .flatMap(([protocol, model]) =>
      Object.entries(capabilities).map(([kind, able]) => ({
        client,
        kind,
        name: model,
        target: { protocol, model, capabilities: able },
      })),
    ),
);

describe.each(ways)('$client before $target.protocol, $name as $kind', ({ client, target }) => {
  const without = translated(client, {}, target).value;

  test.each([...unsaid[client], together(unsaid[client])])('%j says nothing', (members) => {
    const request = translated(client, members, target);

    expect(request.value).toEqual(without);
    expect(request.dropped).toEqual([]);
  });

  test.each(said[client])('%j is no reason to refuse the request', (members) => {
    const request = translated(client, members, target);

    expect(request.value).toMatchObject(without);
    expect(request.dropped).toEqual([]);
  });
});

describe.each(ways)('$client before $target.protocol, $name as $kind', ({ client, target }) => {
  test('takes all of them in one request', () => {
    const { dropped } = translated(client, together([...unsaid[client], ...said[client]]), target);

    expect(dropped).toEqual([]);
  });
});

describe.each(ways.filter(({ kind }) => kind === 'a model without options'))(
  '$client before $target.protocol, $name without options',
  ({ client, target }) => {
    test('sends such a model no word of its sampling', () => {
      const defaults =
        client === 'gemini' ? { generationConfig: { temperature: 1, topP: 1 } } : { temperature: 1, top_p: 1 };

      const request = translated(client, defaults, target);

      expect(request.value).toEqual(translated(client, {}, target).value);
    });

    test.each(client === 'gemini' ? configs({ temperature: 0.9, topP: 0.9 }) : [{ temperature: 0.9 }, { top_p: 0.9 }])(
      'refuses %j all the same',
      (members) => {
        const translate = (): unknown => translated(client, members, target);

        expect(translate).toThrow(/cannot be sent to the provider/);
      },
    );
  },
);

const beyondDefaults: readonly (readonly [client: Client, path: string, value: unknown, to: Upstream])[] = [
  ['openai-chat', 'frequency_penalty', 0.1, 'anthropic-messages'],
  ['openai-chat', 'presence_penalty', -0.1, 'openai-responses'],
  ['openai-chat', 'n', 2, 'openai-responses'],
  ['openai-chat', 'repetition_penalty', 1.1, 'gemini'],
  ['openai-chat', 'min_p', 0.1, 'gemini'],
  ['openai-chat', 'top_a', 0.1, 'gemini'],
  ['openai-chat', 'logit_bias', { '1': 1 }, 'gemini'],
  ['openai-chat', 'verbosity', 'low', 'gemini'],
  ['openai-chat', 'store', true, 'gemini'],
  ['openai-chat', 'modalities', ['text', 'audio'], 'gemini'],
  ['openai-chat', 'web_search_options', {}, 'gemini'],
  ['openai-responses', 'truncation', 'auto', 'openai-chat'],
  ['openai-responses', 'previous_response_id', 'resp_1', 'openai-chat'],
  ['anthropic-messages', 'mcp_servers', [{ type: 'url' }], 'openai-chat'],
  ['anthropic-messages', 'container', 'container_1', 'openai-chat'],
  ['gemini', 'cachedContent', 'cachedContents/1', 'openai-chat'],
];

describe('other values', () => {
  test.each(beyondDefaults)('%s: %s of %j is refused by its name', (client, path, value, protocol) => {
    const translate = (): unknown => translated(client, { [path]: value }, { protocol });

    expect(translate).toThrow(`"${path}" cannot be sent to the provider`);
  });

  test('an option that only the client has is told apart from one of its own protocol', () => {
    const translate = (): unknown => translated('openai-responses', { truncation: 'auto' }, {});

    expect(translate).toThrow('"truncation" cannot be sent to the provider: it has no equivalent there.');
  });

  test.each([
    [
      'openai-chat',
      { frequency_penalty: 0.1, presence_penalty: -0.1 },
      'gemini',
      /"frequencyPenalty":0.1,"presencePenalty":-0.1/,
    ],
    ['openai-chat', { n: 2 }, 'gemini', /"candidateCount":2/],
    [
      'gemini',
      { generationConfig: { frequencyPenalty: 0.1, presencePenalty: -0.1 } },
      'openai-chat',
      /"frequency_penalty":0.1,"presence_penalty":-0.1/,
    ],
    ['gemini', { generationConfig: { candidateCount: 2 } }, 'openai-chat', /"n":2/],
    ['openai-chat', { temperature: 0.9, top_p: 0.8 }, 'openai-responses', /"temperature":0.9,"top_p":0.8/],
    ['openai-responses', { reasoning: { summary: 'auto' } }, 'gemini', /"includeThoughts":true/],
    [
      'openai-chat',
      { reasoning: { enabled: true, exclude: true } },
      'anthropic-messages',
      /"adaptive","display":"omitted"/,
    ],
  ] as const)('of %s, %j reach %s', (client, members, protocol, shown) => {
    const { value } = translated(client, members, { protocol });

    expect(JSON.stringify(value)).toMatch(shown);
  });
});
