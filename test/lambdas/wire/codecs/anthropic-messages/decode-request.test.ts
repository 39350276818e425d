import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeToolCallId, writeState } from '../../../../../lambdas/wire/canonical/opaque.ts';
import { anthropicMessagesCodec } from '../../../../../lambdas/wire/codecs/anthropic-messages/codec.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';
import { decode, type Json } from './fixtures.ts';
import decoded from './golden/claude-code-request.decoded.json' with { type: 'json' };
import claudeCode from './golden/claude-code-request.json' with { type: 'json' };

const refusal = (code: string, param: string) => expect.objectContaining({ code, param });
const said = (content: unknown, role = 'user'): Json => ({ messages: [{ role, content }] });
const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'sky' } };
const answered = (result: Json): Json => ({
  messages: [
    { role: 'user', content: 'Look' },
    { role: 'assistant', content: [call] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', ...result }] },
  ],
});

test('a request as Claude Code sends it is read whole', () => {
  const request = anthropicMessagesCodec.decodeRequest(claudeCode, { stream: true });

  expect(request).toEqual(decoded);
});

describe('content', () => {
  const base64 = { type: 'base64', media_type: 'application/PDF', data: 'JVBERi0=' };

  test.each<[string, Json, Json]>([
    [
      'text',
      { type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'Hi', cache: {} },
    ],
    [
      'an image',
      {
        type: 'image',
        source: { type: 'url', url: 'https://example.com/a.png' },
        cache_control: { type: 'ephemeral', ttl: '1h' },
      },
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, cache: { ttl: '1h' } },
    ],
    [
      'an image of the file store',
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      { type: 'image', source: { kind: 'file', id: 'file_1' } },
    ],
    [
      'a PDF',
      { type: 'document', source: base64, title: 'Report', context: 'Draft', citations: { enabled: true } },
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' },
        title: 'Report',
        context: 'Draft',
        citations: true,
      },
    ],
    [
      'a document by URL',
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'document', source: { kind: 'url', url: 'https://example.com/a.pdf', mediaType: 'application/pdf' } },
    ],
    [
      'a document of text',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Words' } },
      { type: 'document', source: { kind: 'text', text: 'Words' } },
    ],
    [
      'a document of blocks',
      {
        type: 'document',
        source: {
          type: 'content',
          content: [
            { type: 'text', text: 'One' },
            { type: 'text', text: 'Two' },
          ],
        },
      },
      { type: 'document', source: { kind: 'text', text: 'One\nTwo' } },
    ],
    [
      'a search result',
      {
        type: 'search_result',
        source: 'https://example.com',
        title: 'Example',
        content: [{ type: 'text', text: 'Found' }],
      },
      { type: 'document', source: { kind: 'text', text: 'Found' }, title: 'Example', context: 'https://example.com' },
    ],
  ])('of the kind of %s is read', (_, block, part) => {
    const request = decode(said([block]));

    expect(request.messages[0]?.content).toEqual([{ ...part, path: 'messages[0].content[0]' }]);
  });

  test.each<[string, Json, Json]>([
    [
      'text',
      { content: 'Blue' },
      { content: [{ type: 'text', text: 'Blue', path: 'messages[2].content[0].content' }] },
    ],
    ['an error', { content: 'No', is_error: true }, { isError: true }],
    ['nothing', {}, { content: [] }],
    [
      'an image',
      { content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }] },
      { content: [expect.objectContaining({ type: 'image', path: 'messages[2].content[0].content[0]' })] },
    ],
  ])('of a tool result of %s names the tool that was called', (_, result, expected) => {
    const [, , message] = decode(answered(result)).messages;

    expect(message?.content[0]).toMatchObject({ type: 'tool-result', callId: 'toolu_1', name: 'look', ...expected });
  });

  test('brings back the state of every vendor that a client carried', () => {
    const gemini = { origin: 'gemini', value: 'sig+/=' } as const;
    const openai = { origin: 'openai', value: 'enc' } as const;

    const request = decode(
      said(
        [
          { type: 'thinking', thinking: 'Hm', signature: 'own' },
          { type: 'thinking', thinking: '', signature: writeState(openai, 'anthropic') },
          { type: 'thinking', thinking: 'Unsigned', signature: '' },
          { type: 'redacted_thinking', data: 'hidden' },
          { type: 'text', text: 'So' },
          { type: 'thinking', thinking: '', signature: writeState(gemini, 'anthropic') },
          { ...call, id: encodeToolCallId('call_1', gemini) },
        ],
        'assistant',
      ),
    );

    expect(request.messages[0]?.content).toMatchObject([
      { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'own' } },
      { type: 'reasoning', text: '', state: openai },
      { type: 'reasoning', text: 'Unsigned' },
      { type: 'redacted-reasoning', state: { origin: 'anthropic', value: 'hidden' } },
      { type: 'text', text: 'So', state: gemini },
      { type: 'tool-call', id: 'call_1', name: 'look', arguments: '{"at":"sky"}', state: gemini },
    ]);
    expect(request.messages[0]?.content[2]).not.toHaveProperty('state');
  });

  test('of a system message stays where the client put it', () => {
    const request = decode({
      system: 'First',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'Then' },
      ],
    });

    expect(request.messages.map(({ role }) => role)).toEqual(['system', 'user', 'system']);
  });

  test('at its end carries the cache marker of the whole request', () => {
    const request = decode({
      ...said([{ type: 'text', text: 'Hi' }]),
      cache_control: { type: 'ephemeral', ttl: '1h' },
    });

    expect(request.messages[0]?.content[0]).toMatchObject({ cache: { ttl: '1h' } });
  });
});

describe('options', () => {
  test.each<[Json, Json]>([
    [{ thinking: { type: 'disabled' } }, { effort: 'none', path: 'thinking' }],
    [{ thinking: { type: 'between_tools' } }, { effort: 'none', path: 'thinking' }],
    [{ thinking: { type: 'adaptive' } }, { visible: true, path: 'thinking' }],
    [
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'xhigh' } },
      { effort: 'xhigh', visible: false, path: 'thinking' },
    ],
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { budgetTokens: 2000, visible: true, path: 'thinking' }],
    [{ output_config: { effort: 'low' } }, { effort: 'low', path: 'output_config.effort' }],
  ])('%j are of reasoning', (members, reasoning) => {
    expect(decode(members).reasoning).toEqual(reasoning);
  });

  test.each<[string, Json]>([
    ['output_config.format', { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }],
    ['output_format', { output_format: { type: 'json_schema', schema: { type: 'object' } } }],
  ])('%s is the format of the answer', (path, members) => {
    expect(decode(members).outputFormat).toEqual({
      kind: 'json-schema',
      schema: { type: 'object' },
      strict: true,
      path,
    });
  });

  test('of sampling keep their names in the body', () => {
    const request = decode({
      temperature: 0,
      top_p: 0.5,
      top_k: 4,
      stop_sequences: ['', 'END'],
      metadata: { user_id: 'u' },
    });

    expect(request).toMatchObject({ maxOutputTokens: 100, endUser: 'u' });
    expect(request.sampling).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 4,
      stopSequences: ['END'],
      paths: { temperature: 'temperature', topP: 'top_p', topK: 'top_k', stopSequences: 'stop_sequences' },
    });
  });

  test.each<[Json, Json]>([
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { toolChoice: { kind: 'auto' }, parallelToolCalls: false },
    ],
    [{ type: 'any' }, { toolChoice: { kind: 'required' } }],
    [{ type: 'none' }, { toolChoice: { kind: 'none' } }],
    [{ type: 'tool', name: 'look' }, { toolChoice: { kind: 'tool', name: 'look' } }],
  ])('%j choose among tools', (choice, expected) => {
    const { toolChoice, parallelToolCalls } = decode({
      tools: [{ name: 'look', input_schema: {} }],
      tool_choice: choice,
    });

    expect({ toolChoice, parallelToolCalls }).toEqual({ parallelToolCalls: undefined, ...expected });
  });

  test.each<[Json, readonly string[]]>([
    [{ mcp_servers: [{ type: 'url' }] }, ['mcp_servers']],
    [{ container: 'c' }, ['container']],
    [{ speed: 'standard', inference_geo: 'global', service_tier: 'auto', diagnostics: {} }, []],
    [{ speed: 'fast', inference_geo: 'us' }, ['speed', 'inference_geo']],
    [{ context_management: { edits: [{ type: 'clear_thinking_20251015' }] } }, []],
    [{ context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } }, ['context_management']],
    [{ output_config: { effort: 'low', task_budget: 1 } }, ['output_config.task_budget']],
    [{ something: null, other: 1 }, ['other']],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, ['tools[0]']],
    [
      { tools: [{ type: 'bash_20250124', name: 'bash' }], tool_choice: { type: 'tool', name: 'bash' } },
      ['tools[0]', 'tool_choice.name'],
    ],
    [
      { tools: [{ name: 'look', input_schema: {}, defer_loading: true, eager_input_streaming: true }] },
      ['tools[0].defer_loading'],
    ],
    [{ tools: [{ name: 'look', input_schema: {}, allowed_callers: ['direct'] }] }, []],
    [
      { tools: [{ name: 'look', input_schema: {}, allowed_callers: ['code_execution_20250825'] }] },
      ['tools[0].allowed_callers'],
    ],
  ])('%j leave untranslated what no other vendor has', (members, paths) => {
    expect(decode(members).untranslated.map(({ path }) => path)).toEqual(paths);
  });

  test('name a tool that is only Anthropic’s', () => {
    const request = decode({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });

    expect(request.untranslated[0]?.reason).toBe(`"web_search_20250305" is Anthropic's own`);
  });
});

describe('a request is refused', () => {
  test.each<[Json, string]>([
    [{ messages: 'Hi' }, 'messages'],
    [{ messages: [1] }, 'messages[0]'],
    [said('Hi', 'tool'), 'messages[0].role'],
    [said(1), 'messages[0].content'],
    [said([{ type: 'text' }]), 'messages[0].content[0].text'],
    [said([{ type: 'telepathy' }]), 'messages[0].content[0].type'],
    [said([call]), 'messages[0].content[0].type'],
    [said([{ type: 'image', source: { type: 'carrier' } }]), 'messages[0].content[0].source.type'],
    [said([{ type: 'text', text: '', cache_control: { ttl: '2h' } }]), 'messages[0].content[0].cache_control.ttl'],
    [said([{ type: 'tool_result', tool_use_id: 'toolu_9' }]), 'messages[0].content[0].tool_use_id'],
    [said([{ ...call, input: [] }], 'assistant'), 'messages[0].content[0].input'],
    [{ system: [{ type: 'image' }] }, 'system[0].type'],
    [{ tools: [{ name: 'look' }] }, 'tools[0].input_schema'],
    [{ tools: [{ name: 'a b', input_schema: {} }] }, 'tools[0].name'],
    [{ tools: [], tool_choice: { type: 'tool', name: 'look' } }, 'tool_choice.name'],
    [{ tool_choice: { type: 'maybe' } }, 'tool_choice.type'],
    [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
    [{ thinking: { type: 'deep' } }, 'thinking.type'],
    [{ output_config: { effort: 'huge' } }, 'output_config.effort'],
    [{ output_config: { format: { type: 'xml' } } }, 'output_config.format.type'],
    [{ stop_sequences: [1] }, 'stop_sequences[0]'],
  ])('as malformed: %j', (members, param) => {
    expect(() => decode(members)).toThrow(refusal('invalid_request', param));
  });

  test.each<[Json, string]>([
    [
      said([{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }], 'assistant'),
      'messages[0].content[0]',
    ],
    [said([{ type: 'web_search_tool_result', tool_use_id: 's', content: [] }], 'assistant'), 'messages[0].content[0]'],
    [said([{ ...call, caller: { type: 'code_execution_20250825' } }], 'assistant'), 'messages[0].content[0].caller'],
    [said([{ ...call, toolset_name: 'browser' }], 'assistant'), 'messages[0].content[0].toolset_name'],
    [answered({ content: [{ type: 'tool_reference', tool_name: 'x' }] }), 'messages[2].content[0].content[0]'],
    [
      said([{ type: 'document', source: { type: 'content', content: [{ type: 'image' }] } }]),
      'messages[0].content[0].source.content[0]',
    ],
  ])('for content that belongs to a tool of Anthropic’s: %j', (members, param) => {
    expect(() => decode(members)).toThrow(refusal('parameter_not_supported', param));
  });

  test('with nothing but a WireError, whatever it is', () => {
    const members = fc.dictionary(
      fc.constantFrom(
        'system',
        'messages',
        'tools',
        'tool_choice',
        'thinking',
        'output_config',
        'context_management',
        'metadata',
      ),
      fc.oneof(fc.jsonValue(), wireLike()),
    );

    fc.assert(
      fc.property(members, (fields) => {
        try {
          decode(fields);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Values with the members that are looked for, of any type, so that the property goes deeper than the first check. */
function wireLike(): fc.Arbitrary<unknown> {
  const types = [
    'text',
    'image',
    'document',
    'search_result',
    'tool_use',
    'tool_result',
    'thinking',
    'base64',
    'user',
    'assistant',
  ];
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 3 }),
      tie('block'),
    ),
    block: fc.record(
      {
        type: fc.constantFrom(...types),
        role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
        content: tie('tree'),
        source: tie('tree'),
        text: tie('tree'),
        id: fc.constantFrom('a', '', 1),
        tool_use_id: fc.constantFrom('a', 'b'),
        name: fc.constantFrom('look', ''),
        input: tie('tree'),
        cache_control: tie('tree'),
        citations: tie('tree'),
        edits: tie('tree'),
        format: tie('tree'),
      },
      { requiredKeys: ['type', 'role'] },
    ),
  }));
  return fc.array(tree, { maxLength: 3 });
}
