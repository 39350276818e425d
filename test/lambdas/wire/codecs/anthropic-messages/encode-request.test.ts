import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpaqueState } from '../../../../../lambdas/wire/canonical/opaque.ts';
import type { AssistantPart, Message, Tool, UserPart } from '../../../../../lambdas/wire/canonical/request.ts';
import { anthropicMessagesCodec } from '../../../../../lambdas/wire/codecs/anthropic-messages/codec.ts';
import { encode, encodeDropping, type Json, requestOf, user } from './fixtures.ts';
import decoded from './golden/claude-code-request.decoded.json' with { type: 'json' };
import encoded from './golden/claude-code-request.encoded.json' with { type: 'json' };

const refusal = (param: string) => expect.objectContaining({ code: 'parameter_not_supported', param });
const own: OpaqueState = { origin: 'anthropic', value: 'sig' };
const foreign: OpaqueState = { origin: 'openai', value: 'enc' };

const assistant = (...content: AssistantPart[]): Message => ({ role: 'assistant', content });
const asking = (...content: UserPart[]): Message => ({ role: 'user', content });
const call = (id: string, name = 'look'): AssistantPart => ({ type: 'tool-call', id, name, arguments: '{"at":"sky"}' });
const result = (callId: string, text = 'Blue'): UserPart => ({
  type: 'tool-result',
  callId,
  name: 'look',
  content: [{ type: 'text', text }],
});
const look: Tool = { name: 'look', parameters: { type: 'object', properties: {} }, path: 'tools[0]' };
const sent = (...messages: Message[]): unknown => encode(requestOf({ messages }))['messages'];

test('a whole conversation goes out', () => {
  const body = encode(decoded as ReturnType<typeof requestOf>);

  expect(body).toEqual(encoded);
});

describe('messages', () => {
  test.each<[string, UserPart, Json]>([
    [
      'an image',
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' }, detail: 'high', cache: {} },
      {
        type: 'image',
        source: { type: 'base64', media_type: 'image/png', data: 'aGk=' },
        cache_control: { type: 'ephemeral' },
      },
    ],
    [
      'a PDF by URL',
      {
        type: 'document',
        source: { kind: 'url', url: 'https://example.com/a.pdf' },
        fileName: 'a.pdf',
        citations: true,
      },
      {
        type: 'document',
        source: { type: 'url', url: 'https://example.com/a.pdf' },
        title: 'a.pdf',
        citations: { enabled: true },
      },
    ],
    [
      'a text file',
      { type: 'document', source: { kind: 'base64', mediaType: 'text/markdown', data: 'w6k=' }, context: 'Notes' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'é' }, context: 'Notes' },
    ],
  ])('carry %s', (_, part, block) => {
    expect(sent(asking(part))).toEqual([{ role: 'user', content: [block] }]);
  });

  test.each<[string, UserPart]>([
    ['audio', { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: '' }, path: 'p' }],
    ['video', { type: 'video', source: { kind: 'url', url: 'https://example.com' }, path: 'p' }],
    ['a TIFF', { type: 'image', source: { kind: 'base64', mediaType: 'image/tiff', data: '' }, path: 'p' }],
    ['a file of another vendor', { type: 'image', source: { kind: 'file', id: 'file-1' }, path: 'p' }],
    ['an object of a store', { type: 'image', source: { kind: 'url', url: 'gs://bucket/a.png' }, path: 'p' }],
    ['a spreadsheet', { type: 'document', source: { kind: 'base64', mediaType: 'text-x/xlsx', data: '' }, path: 'p' }],
  ])('are refused for %s', (_, part) => {
    expect(() => sent(asking(part))).toThrow(refusal('p'));
  });

  test('are refused for what the model does not see', () => {
    const image: UserPart = { type: 'image', source: { kind: 'url', url: 'https://example.com' }, path: 'p' };
    const pdf: UserPart = { type: 'document', source: { kind: 'url', url: 'https://example.com' }, path: 'q' };
    const capabilities = { input: ['text'] } as const;

    expect(() => encode(requestOf({ messages: [asking(image)] }), capabilities)).toThrow(refusal('p'));
    expect(() => encode(requestOf({ messages: [asking(pdf)] }), capabilities)).toThrow(refusal('q'));
  });

  test('leave out what Anthropic refuses: empty text, and messages of nothing else', () => {
    const messages = sent(user('One'), assistant({ type: 'text', text: ' \n' }), user('Two'), user(''));

    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'One' },
          { type: 'text', text: 'Two' },
        ],
      },
    ]);
  });

  test('end without white space where the model is to continue', () => {
    const messages = sent(user('Hi'), assistant({ type: 'text', text: 'The answer is \n' }));

    expect(messages).toMatchObject([{}, { content: [{ type: 'text', text: 'The answer is' }] }]);
  });

  test('begin with the user, whoever began', () => {
    const messages = sent(assistant({ type: 'text', text: 'Welcome' }), user('Hi')) as { role: string }[];

    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  test('hold instructions where there is nothing else', () => {
    const body = encode(requestOf({ messages: [{ role: 'system', content: [{ type: 'text', text: 'Sing' }] }] }));

    expect(body).toMatchObject({ messages: [{ role: 'user', content: [{ type: 'text', text: 'Sing' }] }] });
    expect(body).not.toHaveProperty('system');
  });

  test('carry the model’s own signed thoughts and nobody else’s', () => {
    const messages = sent(
      user('Hi'),
      assistant(
        { type: 'reasoning', text: 'Signed', state: own },
        { type: 'redacted-reasoning', state: own },
        { type: 'reasoning', text: 'Foreign', state: foreign },
        { type: 'redacted-reasoning', state: foreign },
        { type: 'reasoning', text: 'Unsigned' },
        { type: 'text', text: 'Hello' },
        { type: 'reasoning', text: 'Cut', state: own },
      ),
      user('Bye'),
    );

    expect(messages).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', thinking: 'Signed', signature: 'sig' },
          { type: 'redacted_thinking', data: 'sig' },
          { type: 'text', text: 'Hello' },
        ],
      },
      {},
    ]);
  });

  test('keep calls and results together under ids that Anthropic takes', () => {
    const messages = sent(
      user('Look'),
      assistant(call('call.1'), call('call:1')),
      asking(result('call:1'), result('call.1')),
      assistant(call('call.1')),
      asking(result('call.1')),
    ) as { content: Json[] }[];

    const ids = messages.flatMap(({ content }) =>
      content.flatMap((block) => block['id'] ?? block['tool_use_id'] ?? []),
    );
    expect(ids).toEqual(['call_1', 'call_1_2', 'call_1_2', 'call_1', 'call_1_3', 'call_1_3']);
  });

  test('put results before what else the user says', () => {
    const messages = sent(user('Look'), assistant(call('a')), user('And?'), asking(result('a', ''))) as unknown[];

    expect(messages[2]).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a' },
        { type: 'text', text: 'And?' },
      ],
    });
  });

  test('refuse a call whose arguments are no object', () => {
    const broken: AssistantPart = { type: 'tool-call', id: 'a', name: 'look', arguments: '{"at":', path: 'p' };

    expect(() => sent(user('Look'), assistant(broken))).toThrow(refusal('p'));
  });
});

describe('tools', () => {
  test.each<[Json, Json | undefined]>([
    [{ toolChoice: { kind: 'auto' } }, { type: 'auto' }],
    [{ toolChoice: { kind: 'none' }, parallelToolCalls: false }, { type: 'none' }],
    [{ toolChoice: { kind: 'required' } }, { type: 'any' }],
    [{ toolChoice: { kind: 'tool', name: 'look' } }, { type: 'tool', name: 'look' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [{ parallelToolCalls: true }, undefined],
    [
      { toolChoice: { kind: 'required' }, parallelToolCalls: false },
      { type: 'any', disable_parallel_tool_use: true },
    ],
  ])('are chosen by %j', (members, choice) => {
    const body = encode(requestOf({ tools: [look], ...members }));

    expect(body['tool_choice']).toEqual(choice);
  });

  test('are only those among which the model shall choose', () => {
    const tools = [look, { ...look, name: 'listen' }, { ...look, name: 'smell' }];

    const body = encode(requestOf({ tools, toolChoice: { kind: 'one-of', names: ['look', 'smell'], required: true } }));

    expect(body).toMatchObject({ tools: [{ name: 'look' }, { name: 'smell' }], tool_choice: { type: 'any' } });
  });

  test('that cannot be forced are refused, or left to the model', () => {
    const request = requestOf({ tools: [look], toolChoice: { kind: 'required' } });

    expect(() => encode(request, { forcedToolCalls: false })).toThrow(refusal('tool_choice'));
    expect(encodeDropping(request, { forcedToolCalls: false })).toMatchObject({ dropped: ['tool_choice'] });
    expect(encodeDropping(request, { forcedToolCalls: false }).body).not.toHaveProperty('tool_choice');
  });

  test.each<[string, Tool, Json]>([
    ['without parameters', { name: 'look' }, { name: 'look', input_schema: { type: 'object', properties: {} } }],
    [
      'without a type of its parameters',
      { name: 'look', description: 'Looks', parameters: { properties: {} }, cache: { ttl: '1h' } },
      {
        name: 'look',
        description: 'Looks',
        input_schema: { properties: {}, type: 'object' },
        cache_control: { type: 'ephemeral', ttl: '1h' },
      },
    ],
    [
      'with a strict schema',
      { ...look, strict: true, parameters: { properties: { n: { type: 'integer', minimum: 1 } } } },
      {
        name: 'look',
        strict: true,
        input_schema: {
          type: 'object',
          properties: { n: { type: 'integer', description: '{minimum: 1}' } },
          additionalProperties: false,
        },
      },
    ],
  ])('%s go out', (_, tool, expected) => {
    expect(encode(requestOf({ tools: [tool] }))['tools']).toEqual([expected]);
  });

  test.each<[string, Tool, string]>([
    ['a name', { ...look, name: 'a.b' }, 'tools[0]'],
    ['a list of parameters', { ...look, parameters: { type: 'array' } }, 'tools[0]'],
    ['alternatives at the top', { ...look, parameters: { anyOf: [] } }, 'tools[0]'],
    ['a strict open schema', { ...look, strict: true, parameters: { additionalProperties: {} } }, 'tools[0].strict'],
  ])('are refused for %s that Anthropic does not take', (_, tool, param) => {
    expect(() => encode(requestOf({ tools: [tool] }))).toThrow(refusal(param));
  });
});

describe('sampling', () => {
  const paths = { temperature: 'temperature', topP: 'generationConfig.topP', choices: 'n', seed: 'seed' };

  test('goes out without what are defaults', () => {
    const sampling = { temperature: 1, topP: 1, frequencyPenalty: 0, presencePenalty: 0, choices: 1, topK: 5 };

    const body = encode(requestOf({ sampling }), { sampling: true });

    expect(body).toEqual({ model: 'claude-test', max_tokens: 4000, messages: expect.anything(), top_k: 5 });
  });

  test.each([
    [{ temperature: 1.5 }, 'temperature'],
    [{ temperature: 0.5, topP: 0.5 }, 'generationConfig.topP'],
    [{ choices: 2 }, 'n'],
    [{ seed: 0 }, 'seed'],
    [{ logprobs: 0 }, 'logprobs'],
    [{ frequencyPenalty: 0.1 }, 'frequencyPenalty'],
    [{ presencePenalty: -1 }, 'presencePenalty'],
    [{ stopSequences: ['\n', 'END'] }, 'stopSequences'],
  ])('is refused by its path in the client’s body: %j', (sampling, param) => {
    const request = requestOf({ sampling: { ...sampling, paths } });

    expect(() => encode(request)).toThrow(refusal(param));
    expect(encodeDropping(request).dropped).toEqual([param]);
  });

  test('of a model that samples in its own way takes defaults only', () => {
    const capabilities = { sampling: false };

    expect(encode(requestOf({ sampling: { temperature: 1, topP: 1 } }), capabilities)).not.toHaveProperty(
      'temperature',
    );
    expect(() => encode(requestOf({ sampling: { temperature: 0 } }), capabilities)).toThrow(refusal('temperature'));
    expect(() => encode(requestOf({ sampling: { topP: 0.99 } }), capabilities)).toThrow(refusal('topP'));
    expect(() => encode(requestOf({ sampling: { topK: 1 } }), capabilities)).toThrow(refusal('topK'));
  });

  test('of a model that thinks takes top_p from 0.95', () => {
    const thinking = { reasoning: { effort: 'low' } } as const;

    expect(encode(requestOf({ ...thinking, sampling: { topP: 0.95 } }))).toMatchObject({ top_p: 0.95 });
    expect(() => encode(requestOf({ ...thinking, sampling: { topP: 0.9 } }))).toThrow(refusal('topP'));
    expect(() => encode(requestOf({ ...thinking, sampling: { temperature: 0.9 } }))).toThrow(refusal('temperature'));
    expect(() => encode(requestOf({ ...thinking, sampling: { topK: 9 } }))).toThrow(refusal('topK'));
  });
});

describe('the cap on output tokens', () => {
  test.each([
    [4000, 64_000, 4000],
    [undefined, 64_000, 64_000],
    [undefined, undefined, 8192],
  ])('of %s from a model that gives %s is %s', (maxOutputTokens, modelMaxOutputTokens, expected) => {
    const to = { model: 'm', maxOutputTokens, modelMaxOutputTokens, maxTokensField: 'max_tokens' } as const;

    const body = anthropicMessagesCodec.encodeRequest(
      requestOf({ stream: true }),
      { ...to, acceptsStreamOptions: false },
      { drop: () => {}, refuse: expect.unreachable, dropped: [] },
    );

    expect(body).toMatchObject({ model: 'm', max_tokens: expected, stream: true });
  });
});

describe('the format of the answer', () => {
  const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };

  test('by a schema goes out, closed', () => {
    const body = encode(
      requestOf({ outputFormat: { kind: 'json-schema', schema, name: 'N', description: 'A number' } }),
    );

    expect(body['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: { description: 'A number', ...schema, additionalProperties: false },
      },
    });
  });

  test.each([
    [{ kind: 'json', path: 'response_format' }, {}],
    [{ kind: 'json-schema', schema: { type: 'object' }, path: 'response_format' }, {}],
    [{ kind: 'json-schema', schema, path: 'response_format' }, { structuredOutput: false }],
  ] as const)('is refused where it cannot be kept to: %j, %j', (outputFormat, capabilities) => {
    const request = requestOf({ outputFormat });

    expect(() => encode(request, capabilities)).toThrow(refusal('response_format'));
    expect(encodeDropping(request, capabilities).body).not.toHaveProperty('output_config');
  });
});

test('what was encoded is read back as it was', () => {
  fc.assert(
    fc.property(conversations(), (messages) => {
      const body = encode(requestOf({ messages }));

      const again = anthropicMessagesCodec.decodeRequest(body, { stream: false });

      expect(withoutPaths(again.messages)).toEqual(messages);
    }),
  );
});

/** Strict turns of what Anthropic has and takes. */
function conversations(): fc.Arbitrary<readonly Message[]> {
  const text = fc.record({ type: fc.constant('text' as const), text: fc.stringMatching(/^\w(?:.{0,20}\w)?$/) });
  const cached = fc.record({
    type: fc.constant('text' as const),
    text: fc.constant('Cached'),
    cache: fc.constant({ ttl: '1h' as const }),
  });
  const image = fc.constant<UserPart>({ type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } });
  const thought = fc.record({ type: fc.constant('reasoning' as const), text: fc.string(), state: fc.constant(own) });
  const hidden = fc.constant<AssistantPart>({ type: 'redacted-reasoning', state: own });
  const said = fc.array(fc.oneof(text, cached, image), { minLength: 1, maxLength: 3 });
  const thoughts = fc.array(fc.oneof(thought, hidden), { maxLength: 2 });
  const turn = fc.tuple(said, thoughts, text, fc.jsonValue({ maxDepth: 2 }));
  return fc.array(turn, { maxLength: 3 }).map((turns) => [
    ...turns.flatMap(([question, reasoning, answer, input], index): Message[] => [
      asking(...question),
      assistant(...reasoning, answer, {
        type: 'tool-call',
        id: `id_${index}`,
        name: 'look',
        arguments: JSON.stringify({ input }),
      }),
      asking(result(`id_${index}`)),
      assistant({ type: 'text', text: 'Well' }),
    ]),
    user('Bye'),
  ]);
}

function withoutPaths(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, member: unknown) => (name === 'path' ? undefined : member)));
}
