import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../../../../../lambdas/wire/canonical/request.ts';
import { openaiChatCodec } from '../../../../../lambdas/wire/codecs/openai-chat/codec.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';

const decode = (fields: object): CanonicalRequest => openaiChatCodec.decodeRequest({ ...fields }, { stream: false });
const user = { role: 'user', content: 'Hi' };
const asked = (members: object): CanonicalRequest => decode({ messages: [user], ...members });
const said = (...messages: readonly object[]): CanonicalRequest['messages'] => decode({ messages }).messages;

function errorOf(act: () => unknown): Pick<WireError, 'code' | 'param'> | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { code: error.code, param: error.param };
  }
}

test('a whole conversation is read in order, each part with its path', () => {
  const messages = said(
    { role: 'developer', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { type: 'image_url', image_url: { url: 'data:image/PNG;base64,AA==', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
      ],
    },
    {
      role: 'assistant',
      content: 'Looking.',
      reasoning_content: 'A cat?',
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'zoom', arguments: '{"x":1}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'a cat' }] },
    { role: 'assistant', content: null, refusal: 'No.' },
    {
      role: 'assistant',
      content: '',
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' }, index: 0 }],
    },
    { role: 'assistant', content: '' },
  );

  expect(messages).toEqual([
    {
      role: 'system',
      content: [{ type: 'text', text: 'Be brief.', path: 'messages[0].content' }],
      path: 'messages[0]',
    },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look', cache: { ttl: '1h' }, path: 'messages[1].content[0]' },
        {
          type: 'image',
          source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' },
          detail: 'low',
          path: 'messages[1].content[1]',
        },
        {
          type: 'image',
          source: { kind: 'url', url: 'https://example.com/cat.png' },
          path: 'messages[1].content[2]',
        },
        {
          type: 'document',
          source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' },
          fileName: 'a.pdf',
          path: 'messages[1].content[3]',
        },
        { type: 'document', source: { kind: 'file', id: 'file-1' }, path: 'messages[1].content[4]' },
        {
          type: 'audio',
          source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'AA==' },
          path: 'messages[1].content[5]',
        },
      ],
      path: 'messages[1]',
    },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'A cat?', path: 'messages[2].reasoning_content' },
        { type: 'text', text: 'Looking.', path: 'messages[2].content' },
        { type: 'tool-call', id: 'call_1', name: 'zoom', arguments: '{"x":1}', path: 'messages[2].tool_calls[0]' },
      ],
      path: 'messages[2]',
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool-result',
          callId: 'call_1',
          name: 'zoom',
          content: [{ type: 'text', text: 'a cat', path: 'messages[3].content[0]' }],
          path: 'messages[3]',
        },
      ],
      path: 'messages[3]',
    },
    {
      role: 'assistant',
      content: [{ type: 'refusal', text: 'No.', path: 'messages[4].refusal' }],
      path: 'messages[4]',
    },
    {
      role: 'assistant',
      content: [
        {
          type: 'image',
          source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' },
          path: 'messages[5].images[0]',
        },
      ],
      path: 'messages[5]',
    },
  ]);
});

test('all options are read', () => {
  const request = asked({
    tools: [
      { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
      { type: 'function', function: { name: 'g' }, cache_control: { type: 'ephemeral' } },
    ],
    tool_choice: 'required',
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
    reasoning_effort: 'high',
    temperature: 0,
    top_p: 0.5,
    frequency_penalty: 1,
    presence_penalty: -1,
    seed: 7,
    n: 2,
    stop: 'END',
    logprobs: true,
    top_logprobs: 3,
    max_completion_tokens: 9,
    safety_identifier: 'u1',
    user: 'u2',
    tool_resources: null,
    metadata: { a: 'b' },
    store: false,
  });

  expect(request).toEqual({
    stream: false,
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hi', path: 'messages[0].content' }], path: 'messages[0]' },
    ],
    tools: [
      { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true, path: 'tools[0]' },
      { name: 'g', cache: {}, path: 'tools[1]' },
    ],
    toolChoice: { kind: 'required' },
    parallelToolCalls: false,
    outputFormat: { kind: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true, path: 'response_format' },
    reasoning: { effort: 'high', path: 'reasoning_effort' },
    sampling: {
      temperature: 0,
      topP: 0.5,
      frequencyPenalty: 1,
      presencePenalty: -1,
      seed: 7,
      choices: 2,
      stopSequences: ['END'],
      logprobs: 3,
      paths: {
        temperature: 'temperature',
        topP: 'top_p',
        frequencyPenalty: 'frequency_penalty',
        presencePenalty: 'presence_penalty',
        seed: 'seed',
        choices: 'n',
        stopSequences: 'stop',
        logprobs: 'logprobs',
      },
    },
    maxOutputTokens: 9,
    maxOutputTokensPath: 'max_completion_tokens',
    endUser: 'u1',
    untranslated: [],
  });
});

describe('tool choices', () => {
  const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }));

  test.each([
    [{ tool_choice: 'none' }, { kind: 'none' }],
    [{ tool_choice: 'auto' }, { kind: 'auto' }],
    [{ tool_choice: { type: 'function', function: { name: 'g' } } }, { kind: 'tool', name: 'g' }],
    [
      {
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
        },
      },
      { kind: 'one-of', names: ['f'], required: true },
    ],
    [{ function_call: { name: 'f' } }, { kind: 'tool', name: 'f' }],
    [{ function_call: 'auto' }, { kind: 'auto' }],
    [{ tool_choice: null }, undefined],
  ])('%j', (members, expected) => {
    const request = asked({ tools, ...members });

    expect(request.toolChoice).toEqual(expected);
  });
});

test('functions of the time before tools are tools, and their calls get ids', () => {
  const request = decode({
    functions: [{ name: 'f', parameters: { type: 'object' } }],
    messages: [
      user,
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '' } },
      { role: 'function', name: 'f', content: 'done' },
    ],
  });

  expect(request.tools).toEqual([{ name: 'f', parameters: { type: 'object' }, path: 'functions[0]' }]);
  expect(request.messages.slice(1)).toMatchObject([
    { role: 'assistant', content: [{ type: 'tool-call', id: 'call_function_1', name: 'f', arguments: '{}' }] },
    { role: 'user', content: [{ type: 'tool-result', callId: 'call_function_1', name: 'f' }] },
  ]);
});

describe('reasoning', () => {
  test.each([
    [{ reasoning_effort: 'none' }, { effort: 'none' }],
    [{ reasoning: { effort: 'low' } }, { effort: 'low', visible: true }],
    [{ reasoning: { max_tokens: 2000, exclude: true } }, { budgetTokens: 2000, visible: false }],
    [{ reasoning: { enabled: false } }, { effort: 'none' }],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, { budgetTokens: 1024, visible: true }],
    [{ thinking: { type: 'disabled' } }, { effort: 'none' }],
    [{ include_reasoning: true }, { visible: true }],
  ])('is asked for with %j', (members, expected) => {
    const { path, ...reasoning } = asked(members).reasoning ?? {};

    expect(reasoning).toEqual(expected);
    expect(path).toBe(Object.keys(members)[0]);
  });

  test('comes back with the state of whoever made it, in one piece however the client kept it', () => {
    const [message] = said({
      role: 'assistant',
      content: 'Hi',
      reasoning_content: 'ignored beside the details',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Let me ', index: 0 },
        { type: 'reasoning.text', text: 'see.', index: 0 },
        { type: 'reasoning.text', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.text', text: 'More.', signature: 'gh1.bedrock.Yg', format: 'unknown', index: 1 },
        { type: 'reasoning.encrypted', data: 'ZW5j', format: 'openai-responses-v1', index: 2 },
        { type: 'reasoning.encrypted', data: 'eGFp', format: 'xai-responses-v1', index: 3 },
        { type: 'reasoning.encrypted', data: 'Z2Vt', format: 'google-gemini-v1', index: 4, id: 'text' },
      ],
      tool_calls: [
        {
          id: 'call_1_gh1_gemini_c2ln',
          type: 'function',
          function: { name: 'f', arguments: '{}' },
        },
      ],
    });

    expect(message?.content.map((part) => ({ ...part, path: undefined }))).toEqual([
      { type: 'reasoning', text: 'Let me see.', state: { origin: 'anthropic', value: 'c2ln' } },
      { type: 'reasoning', text: 'More.', state: { origin: 'bedrock', value: 'Yg' } },
      { type: 'redacted-reasoning', state: { origin: 'openai', value: 'ZW5j' } },
      { type: 'text', text: 'Hi', state: { origin: 'gemini', value: 'Z2Vt' } },
      { type: 'tool-call', id: 'call_1', name: 'f', arguments: '{}', state: { origin: 'gemini', value: 'sig' } },
    ]);
  });
});

describe('what has no canonical form is named', () => {
  test.each([
    [{ verbosity: 'low' }, ['verbosity']],
    [{ verbosity: 'medium' }, []],
    [{ logit_bias: { 50256: -100 } }, ['logit_bias']],
    [{ logit_bias: {} }, []],
    [{ modalities: ['text'] }, []],
    [{ modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }, ['modalities', 'audio']],
    [{ store: true }, ['store']],
    [{ prediction: { type: 'content', content: 'x' } }, []],
    [{ web_search_options: {} }, ['web_search_options']],
    [{ min_p: 0.1, constructor: 1 }, ['min_p', 'constructor']],
    [
      { tools: [{ type: 'custom', custom: { name: 'c' } }], tool_choice: { type: 'custom', custom: { name: 'c' } } },
      ['tools[0]', 'tool_choice'],
    ],
    [{ messages: [{ role: 'user', name: 'Ann', content: 'Hi' }] }, ['messages[0].name']],
    [{ service_tier: 'auto', models: ['x'], prompt_cache_key: 'k', user: 'u' }, []],
  ])('%j', (members, expected) => {
    const request = asked(members);

    expect(request.untranslated.map(({ path }) => path)).toEqual(expected);
  });
});

describe('a malformed request is refused with the path', () => {
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
  const withContent = (...content: unknown[]): object => ({ messages: [{ role: 'user', content }] });
  const assistant = (members: object): object => ({ messages: [{ role: 'assistant', content: 'x', ...members }] });

  test.each<[object, string]>([
    [{ messages: 7 }, 'messages'],
    [{ messages: [7] }, 'messages[0]'],
    [{ messages: [{ role: 'wizard', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [withContent({ type: 'hologram' }), 'messages[0].content[0].type'],
    [withContent({ type: 'text' }), 'messages[0].content[0].text'],
    [
      withContent({ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }),
      'messages[0].content[0].image_url.url',
    ],
    [withContent({ type: 'file', file: {} }), 'messages[0].content[0].file.file_data'],
    [
      withContent({ type: 'text', text: 'x', cache_control: { ttl: '2h' } }),
      'messages[0].content[0].cache_control.ttl',
    ],
    [
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://x.y' } }] }] },
      'messages[0].content[0].type',
    ],
    [{ messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'function', name: 'f', content: 'x' }] }, 'messages[0].name'],
    [assistant({ tool_calls: [{ ...call, id: '' }] }), 'messages[0].tool_calls[0].id'],
    [
      assistant({ tool_calls: [{ ...call, function: { name: 'f', arguments: '[1' } }] }),
      'messages[0].tool_calls[0].function.arguments',
    ],
    [assistant({ tool_calls: [{ ...call, function: { name: 'f f' } }] }), 'messages[0].tool_calls[0].function.name'],
    [{ tools: [{ function: {} }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] }, 'tools[0].function.parameters'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tool_choice: { type: 'function', function: { name: 'f' } } }, 'tool_choice'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ response_format: { type: 'json_schema', json_schema: {} } }, 'response_format.json_schema.schema'],
    [{ reasoning_effort: 'extreme' }, 'reasoning_effort'],
    [{ stop: [1] }, 'stop[0]'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
  ])('%j', (members, path) => {
    const error = errorOf(() => asked(members));

    expect(error).toEqual({ code: 'invalid_request', param: path });
  });

  test.each<[object, string]>([
    [assistant({ audio: { id: 'audio_1' } }), 'messages[0].audio'],
    [
      assistant({ tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'c', input: 'x' } }] }),
      'messages[0].tool_calls[0]',
    ],
  ])('and content that only OpenAI can read: %j', (members, path) => {
    const error = errorOf(() => asked(members));

    expect(error).toEqual({ code: 'parameter_not_supported', param: path });
  });
});
