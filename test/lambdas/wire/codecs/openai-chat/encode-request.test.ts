import { describe, expect, test } from 'vitest';
import type { EncodingTarget } from '../../../../../lambdas/wire/canonical/codec.ts';
import { createLosses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type { AssistantPart, CanonicalRequest, UserPart } from '../../../../../lambdas/wire/canonical/request.ts';
import { openaiChatCodec } from '../../../../../lambdas/wire/codecs/openai-chat/codec.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';

const target: EncodingTarget = {
  model: 'gpt-x',
  maxOutputTokens: undefined,
  modelMaxOutputTokens: undefined,
  maxTokensField: 'max_completion_tokens',
  acceptsStreamOptions: true,
};
const plain: CanonicalRequest = { stream: false, messages: [], tools: [], sampling: {}, untranslated: [] };

function encode(request: Partial<CanonicalRequest>, changes: Partial<EncodingTarget> = {}, dropping = false): object {
  const losses = createLosses('Example', { dropping });
  return openaiChatCodec.encodeRequest({ ...plain, ...request }, { ...target, ...changes }, losses);
}

const messagesOf = (request: object): readonly object[] => (request as { messages: readonly object[] }).messages;
const fromUser = (...content: readonly UserPart[]): Partial<CanonicalRequest> => ({
  messages: [{ role: 'user', content, path: 'messages[0]' }],
});
const fromAssistant = (...content: readonly AssistantPart[]): Partial<CanonicalRequest> => ({
  messages: [{ role: 'assistant', content, path: 'messages[0]' }],
});

function refusedPath(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    expect(error.code).toBe('parameter_not_supported');
    return error.param;
  }
}

test('a whole request is written in bytes that never vary', () => {
  const body = encode(
    {
      stream: true,
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look', cache: {} },
            { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' }, detail: 'low' },
            {
              type: 'document',
              source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
              title: 'Paper',
            },
            { type: 'audio', source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'AA==' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'A cat?', state: { origin: 'anthropic', value: 'c2ln' } },
            { type: 'tool-call', id: 'call_1', name: 'zoom', arguments: '{"x":1}' },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool-result', callId: 'call_1', name: 'zoom', content: [{ type: 'text', text: 'cat' }] }],
        },
      ],
      tools: [{ name: 'zoom', parameters: { type: 'object' }, strict: true }],
      toolChoice: { kind: 'tool', name: 'zoom' },
      parallelToolCalls: false,
      outputFormat: { kind: 'json-schema', schema: { type: 'object' }, strict: true },
      reasoning: { effort: 'low' },
      sampling: { temperature: 0, topP: 1, seed: 3, stopSequences: ['END'], logprobs: 0, choices: 2 },
      endUser: 'u',
    },
    { maxOutputTokens: 50, endUserField: 'safety_identifier' },
  );

  expect(JSON.stringify(body)).toBe(
    '{"model":"gpt-x","messages":[{"role":"system","content":"Be brief."},' +
      '{"role":"user","content":[{"type":"text","text":"Look"},' +
      '{"type":"image_url","image_url":{"url":"data:image/png;base64,AA==","detail":"low"}},' +
      '{"type":"file","file":{"filename":"Paper","file_data":"data:application/pdf;base64,JVBE"}},' +
      '{"type":"input_audio","input_audio":{"data":"AA==","format":"mp3"}}]},' +
      '{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",' +
      '"function":{"name":"zoom","arguments":"{\\"x\\":1}"}}]},' +
      '{"role":"tool","tool_call_id":"call_1","content":"cat"}],' +
      '"tools":[{"type":"function","function":{"name":"zoom","parameters":{"type":"object"},"strict":true}}],' +
      '"tool_choice":{"type":"function","function":{"name":"zoom"}},"parallel_tool_calls":false,' +
      '"response_format":{"type":"json_schema","json_schema":{"name":"response","schema":{"type":"object"},"strict":true}},' +
      '"reasoning_effort":"low","temperature":0,"top_p":1,"seed":3,"stop":["END"],"logprobs":true,"n":2,' +
      '"max_completion_tokens":50,"safety_identifier":"u","stream":true,"stream_options":{"include_usage":true}}',
  );
});

describe('what vendors differ in', () => {
  test('the cap has the name that the vendor knows, and no option that it does not', () => {
    const body = encode(
      { stream: true, endUser: 'u' },
      { maxTokensField: 'max_tokens', maxOutputTokens: 7, acceptsStreamOptions: false },
    );

    expect(body).toEqual({ model: 'gpt-x', messages: [], max_tokens: 7, stream: true });
  });

  test('cache markers go only where they are read', () => {
    const marked = fromUser({ type: 'text', text: 'a', cache: { ttl: '1h' } });

    const [read] = messagesOf(encode(marked, { acceptsCacheControl: true }));
    const [elsewhere] = messagesOf(encode(marked));

    const part = { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } };
    expect(read).toEqual({ role: 'user', content: [part] });
    expect(elsewhere).toEqual({ role: 'user', content: 'a' });
  });

  test.each([
    [undefined, {}],
    ['reasoning_content' as const, { reasoning_content: 'ab' }],
    ['reasoning' as const, { reasoning: 'ab' }],
    [
      'reasoning_details' as const,
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'a', signature: 's', format: 'anthropic-claude-v1', index: 0 },
          { type: 'reasoning.encrypted', data: 'e', format: 'openai-responses-v1', index: 1 },
        ],
      },
    ],
  ])('reasoning goes back as %s', (replaysReasoning, expected) => {
    const request = fromAssistant(
      { type: 'reasoning', text: 'a', state: { origin: 'anthropic', value: 's' } },
      { type: 'redacted-reasoning', state: { origin: 'openai', value: 'e' } },
      { type: 'reasoning', text: 'b', state: { origin: 'bedrock', value: 's' } },
      { type: 'text', text: 'Hi' },
    );

    const [message] = messagesOf(encode(request, replaysReasoning && { replaysReasoning }));

    expect(message).toEqual({ role: 'assistant', content: 'Hi', ...expected });
  });

  test.each([
    ['reasoning_content' as const, { reasoning_content: '' }],
    ['reasoning' as const, {}],
  ])('a turn with calls and without thoughts says so under %s only where that is demanded', (replays, expected) => {
    const request = fromAssistant({ type: 'tool-call', id: 'c', name: 'f', arguments: '{}' });

    const [message] = messagesOf(encode(request, { replaysReasoning: replays }));

    const { tool_calls: calls, ...rest } = message as { tool_calls: unknown };
    expect(calls).toHaveLength(1);
    expect(rest).toEqual({ role: 'assistant', content: null, ...expected });
  });

  test.each([
    [undefined, 'call_1', /^call_1$/],
    [undefined, `toolu_${'x'.repeat(60)}`, /^call_[0-9a-f]{32}$/],
    ['nine-alphanumerics' as const, 'toolu_01', /^[0-9a-f]{9}$/],
    ['nine-alphanumerics' as const, 'D681PevKs', /^D681PevKs$/],
  ])('ids of calls fit (%s, %s), and results find them', (toolCallIds, id, expected) => {
    const messages: CanonicalRequest['messages'] = [
      { role: 'assistant', content: [{ type: 'tool-call', id, name: 'f', arguments: '{}' }] },
      { role: 'user', content: [{ type: 'tool-result', callId: id, name: 'f', content: [] }] },
    ];

    const body = encode({ messages }, toolCallIds && { toolCallIds });

    const [call, result] = messagesOf(body) as [{ tool_calls: [{ id: string }] }, { tool_call_id: string }];
    expect(call.tool_calls[0].id).toMatch(expected);
    expect(result.tool_call_id).toBe(call.tool_calls[0].id);
  });
});

test('results come first, then what no tool message can hold, then what the user says', () => {
  const body = encode(
    fromUser(
      { type: 'text', text: 'And now?' },
      {
        type: 'tool-result',
        callId: 'a',
        name: 'camera',
        content: [
          { type: 'text', text: 'one picture' },
          { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
        ],
      },
      { type: 'tool-result', callId: 'b', name: 'clock', content: [{ type: 'text', text: 'no time' }], isError: true },
    ),
  );

  expect(messagesOf(body)).toEqual([
    { role: 'tool', tool_call_id: 'a', content: 'one picture' },
    { role: 'tool', tool_call_id: 'b', content: 'Error: no time' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Returned by the tool camera:' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        { type: 'text', text: 'And now?' },
      ],
    },
  ]);
});

test('a text document is text, with its title and its context', () => {
  const source = { kind: 'text' as const, text: 'Body' };

  const [message] = messagesOf(
    encode(fromUser({ type: 'document', source, title: 'Title', context: 'From the files' })),
  );

  expect(message).toEqual({
    role: 'user',
    content: [
      { type: 'text', text: 'From the files' },
      { type: 'text', text: 'Title\n\nBody' },
    ],
  });
});

test('a choice among some tools offers only those', () => {
  const tools = ['f', 'g', 'h'].map((name) => ({ name }));

  const body = encode({ tools, toolChoice: { kind: 'one-of', names: ['f', 'h'], required: true } });

  expect(body).toMatchObject({
    tools: [{ function: { name: 'f' } }, { function: { name: 'h' } }],
    tool_choice: 'required',
  });
});

test.each([
  [{ effort: 'max' as const }, { reasoning_effort: 'max' }],
  [{ budgetTokens: 0 }, { reasoning_effort: 'none' }],
  [{ budgetTokens: 2048 }, { reasoning_effort: 'low' }],
  [{ budgetTokens: 8192 }, { reasoning_effort: 'medium' }],
  [{ budgetTokens: 32_000 }, { reasoning_effort: 'high' }],
  [{ visible: true }, {}],
])('reasoning by %j is asked for by effort', (reasoning, expected) => {
  const body = encode({ reasoning });

  expect(body).toEqual({ model: 'gpt-x', messages: [], ...expected });
});

describe('what the target cannot take', () => {
  const image = (source: object): Partial<CanonicalRequest> =>
    fromUser({ type: 'image', source, path: 'messages[0].content[0]' } as UserPart);
  const inline = { kind: 'base64', mediaType: 'image/png', data: 'AA==' };
  const pdf = (source: object): Partial<CanonicalRequest> =>
    fromUser({ type: 'document', source, path: 'messages[0].content[0]' } as UserPart);
  const tools = [{ name: 'f', path: 'tools[0]' }];

  test.each<[string, Partial<CanonicalRequest>, EncodingTarget['capabilities'], string]>([
    ["an image of another vendor's store", image({ kind: 'file', id: 'x' }), undefined, 'messages[0].content[0]'],
    ['an image for a model without eyes', image(inline), { input: ['text'] }, 'messages[0].content[0]'],
    ['a document by URL', pdf({ kind: 'url', url: 'https://x.y/a.pdf' }), undefined, 'messages[0].content[0]'],
    [
      'a PDF for a model that reads none',
      pdf({ ...inline, mediaType: 'application/pdf' }),
      { input: ['text'] },
      'messages[0].content[0]',
    ],
    [
      'audio of another format',
      fromUser({ type: 'audio', source: { ...inline, kind: 'base64', mediaType: 'audio/ogg' }, path: 'p' }),
      undefined,
      'p',
    ],
    ['video', fromUser({ type: 'video', source: { kind: 'url', url: 'https://x.y' }, path: 'p' }), undefined, 'p'],
    [
      'an image that the assistant made',
      fromAssistant({ type: 'image', source: { kind: 'url', url: 'https://x.y' }, path: 'p' }),
      undefined,
      'p',
    ],
    ['a long name of a tool', { tools: [{ name: 'x'.repeat(65), path: 'tools[0]' }] }, undefined, 'tools[0].name'],
    ['tools', { tools }, { tools: false }, 'tools'],
    ['a forced call', { tools, toolChoice: { kind: 'required' } }, { forcedToolCalls: false }, 'tool_choice'],
    ['a schema', { outputFormat: { kind: 'json-schema', schema: {}, path: 'p' } }, { structuredOutput: false }, 'p'],
  ])('is refused with its path even where options may be dropped: %s', (_, request, capabilities, path) => {
    const refused = refusedPath(() => encode(request, capabilities && { capabilities }, true));

    expect(refused).toBe(path);
  });

  test.each<[string, Partial<CanonicalRequest>, EncodingTarget['capabilities'], string]>([
    ['top-k', { sampling: { topK: 5, paths: { topK: 'top_k' } } }, undefined, 'top_k'],
    ['a temperature', { sampling: { temperature: 0.2 } }, { sampling: false }, 'temperature'],
    ['reasoning', { reasoning: { effort: 'high', path: 'thinking' } }, { reasoning: false }, 'thinking'],
    [
      'citations',
      fromUser({
        type: 'document',
        source: { kind: 'text', text: 'a' },
        citations: true,
        path: 'messages[0].content[0]',
      }),
      undefined,
      'messages[0].content[0].citations',
    ],
  ])('is left out where the caller asked for it, and refused otherwise: %s', (_, request, capabilities, path) => {
    const losses = createLosses('Example', { dropping: true });

    const refused = refusedPath(() => encode(request, capabilities && { capabilities }));
    openaiChatCodec.encodeRequest(
      { ...plain, ...request },
      { ...target, ...(capabilities && { capabilities }) },
      losses,
    );

    expect(refused).toBe(path);
    expect(losses.dropped).toEqual([path]);
  });

  test('says nothing where the option is the default', () => {
    const sampling = { temperature: 1, topP: 1 };

    const body = encode(
      { sampling, reasoning: { effort: 'none' } },
      { capabilities: { sampling: false, reasoning: false } },
    );

    expect(body).toEqual({ model: 'gpt-x', messages: [] });
  });
});
