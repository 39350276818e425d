import { describe, expect, test } from 'vitest';
import type { AssistantPart } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalEvent } from '../../../../../lambdas/wire/canonical/response.ts';
import type { FinishReason } from '../../../../../lambdas/wire/protocol.ts';
import { at, block, delta, ending, patching, start, stream, whole } from './answers.ts';

/** An event without its names and numbers, and what a response in it tells in short. */
function withoutEcho(event: object): object {
  const { response, ...rest } = Object.fromEntries(
    Object.entries(event).filter(([name]) => name !== 'event' && name !== 'sequence_number'),
  );
  return { ...rest, ...(response && { status: response.status, items: response.output.length }) };
}

describe('a whole answer', () => {
  test('has all that a response has, and repeats what the request said', () => {
    const request = {
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'a' }],
      temperature: 0,
      metadata: { a: 'b' },
    };

    const response = whole([{ type: 'text', text: 'Hi' }], 'stop', {}, request);

    expect(response).toEqual({
      id: 'resp_01ABC',
      object: 'response',
      created_at: 1_700_000_000,
      status: 'completed',
      background: false,
      error: null,
      incomplete_details: null,
      model: 'named',
      output: [
        {
          id: 'msg_01ABC_0',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
        },
      ],
      previous_response_id: null,
      instructions: 'Be brief.',
      max_output_tokens: null,
      metadata: { a: 'b' },
      parallel_tool_calls: true,
      reasoning: { effort: null, summary: null },
      store: false,
      temperature: 0,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [{ type: 'function', name: 'a' }],
      top_p: null,
      truncation: 'disabled',
      usage: {
        input_tokens: 12,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 19,
      },
    });
  });

  test.each<[FinishReason, readonly AssistantPart[], object]>([
    ['stop', [], { status: 'completed', incomplete_details: null }],
    ['tool_calls', [], { status: 'completed', incomplete_details: null }],
    ['other', [], { status: 'completed', incomplete_details: null }],
    ['length', [], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['content_filter', [], { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    ['refusal', [{ type: 'refusal', text: 'No' }], { status: 'completed', incomplete_details: null }],
    [
      'refusal',
      [{ type: 'text', text: 'I' }],
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
    ],
  ])('that ended by %s has a status for it: %j', (reason, content, expected) => {
    expect(whole(content, reason)).toMatchObject(expected);
  });

  test.each<[string, AssistantPart, object]>([
    [
      "another vendor's reasoning with its proof",
      { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'sig' } },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'gh1.anthropic.sig' },
    ],
    ['reasoning without proof', { type: 'reasoning', text: 'Hm' }, { summary: [{ type: 'summary_text', text: 'Hm' }] }],
    [
      'hidden reasoning',
      { type: 'redacted-reasoning', state: { origin: 'anthropic', value: 'data' } },
      { type: 'reasoning', summary: [], encrypted_content: 'gh1.anthropic.data' },
    ],
    [
      'a call',
      { type: 'tool-call', id: 'c1', name: 'look', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"a":1}', status: 'completed' },
    ],
    [
      'a call of a custom tool',
      { type: 'tool-call', id: 'c1', name: 'apply_patch', arguments: '{"input":"*** \\"x\\"\\n"}' },
      { type: 'custom_tool_call', call_id: 'c1', name: 'apply_patch', input: '*** "x"\n', status: 'completed' },
    ],
    [
      'a call of a custom tool that the model made in its own way',
      { type: 'tool-call', id: 'c1', name: 'apply_patch', arguments: '*** x' },
      { type: 'custom_tool_call', input: '*** x' },
    ],
    [
      'an image',
      { type: 'image', source: { kind: 'base64', mediaType: 'image/webp', data: 'AAAA' } },
      { type: 'image_generation_call', result: 'AAAA', output_format: 'webp', status: 'completed' },
    ],
  ])('has %s', (_, part, expected) => {
    expect(whole([part], 'stop', {}, patching).output).toEqual([expect.objectContaining(expected)]);
  });

  test('calls tools of a namespace by both names, whole and streamed', () => {
    const tools = [
      {
        type: 'namespace',
        name: 'crm',
        tools: [
          { type: 'function', name: 'find' },
          { type: 'custom', name: 'patch' },
        ],
      },
    ];
    const call = { type: 'tool-call', id: 'c1', arguments: '{"input":"x"}' } as const;
    const parts = [
      { ...call, name: 'crm__find' },
      { ...call, id: 'c2', name: 'crm__patch' },
    ];

    const { output } = whole(parts, 'tool_calls', {}, { tools });
    const events = stream(
      [start, ...block(0, { kind: 'tool-call', id: 'c1', name: 'crm__find' }, delta(0, '{}')), ...ending('tool_calls')],
      { tools },
    );

    expect(output).toMatchObject([
      { type: 'function_call', namespace: 'crm', name: 'find', arguments: '{"input":"x"}' },
      { type: 'custom_tool_call', namespace: 'crm', name: 'patch', input: 'x' },
    ]);
    expect(events.find(({ type }) => type === 'response.output_item.added')).toMatchObject({
      item: { type: 'function_call', namespace: 'crm', name: 'find' },
    });
  });

  test('cites pages by their place, documents by their number', () => {
    const citations = [
      { kind: 'url', url: 'https://x', title: 'X', textStart: 1, textEnd: 2 },
      { kind: 'page', title: 'report.pdf', documentIndex: 1, start: 3, end: 4, citedText: 'abc' },
      { kind: 'url', url: 'https://y' },
    ] as const;

    const [message] = whole([{ type: 'text', text: 'abcd', citations }]).output;

    expect(message.content[0].annotations).toEqual([
      { type: 'url_citation', url: 'https://x', title: 'X', start_index: 1, end_index: 2 },
      { type: 'file_citation', file_id: 'document_1', filename: 'report.pdf', index: 1 },
      { type: 'url_citation', url: 'https://y', title: '', start_index: 0, end_index: 4 },
    ]);
  });

  test('cites each text alone', () => {
    const citations = [{ kind: 'url', url: 'https://x' }] as const;
    const cited: AssistantPart = { type: 'text', text: 'a', citations };

    const [message] = whole([cited, { type: 'text', text: 'b' }]).output;

    expect(message.content.map(({ annotations }: { annotations: unknown[] }) => annotations.length)).toEqual([1, 0]);
  });

  test('marks what the cap cut off, and nothing before it', () => {
    const { output } = whole(
      [
        { type: 'text', text: 'a' },
        { type: 'tool-call', id: 'c', name: 'look', arguments: '{"a' },
      ],
      'length',
    );

    expect(output.map(({ status }: { status: string }) => status)).toEqual(['completed', 'incomplete']);
  });
});

describe('a streamed answer', () => {
  test('tells reasoning, text and a call in the order of the protocol', () => {
    const events = stream([
      start,
      ...block(0, { kind: 'reasoning' }, delta(0, 'H'), delta(0, 'm'), {
        type: 'state',
        ...at(0),
        state: { origin: 'gemini', value: 'sig' },
      }),
      ...block(1, { kind: 'text' }, delta(1, 'é'), {
        type: 'citation',
        ...at(1),
        citation: { kind: 'url', url: 'https://x' },
      }),
      ...block(2, { kind: 'tool-call', id: 'c1', name: 'look' }, delta(2, '{"a"'), delta(2, ':1}')),
      ...ending('tool_calls'),
    ]);

    const reasoning = { output_index: 0, item_id: 'rs_01ABC_0', summary_index: 0 };
    const text = { output_index: 1, item_id: 'msg_01ABC_1', content_index: 0 };
    const call = { output_index: 2, item_id: 'fc_01ABC_2' };
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    expect(events.every(({ event, type }) => event === type)).toBe(true);
    expect(events.map(withoutEcho)).toEqual([
      { type: 'response.created', status: 'in_progress', items: 0 },
      { type: 'response.in_progress', status: 'in_progress', items: 0 },
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { id: 'rs_01ABC_0', type: 'reasoning', summary: [] },
      },
      { type: 'response.reasoning_summary_part.added', ...reasoning, part: { type: 'summary_text', text: '' } },
      { type: 'response.reasoning_summary_text.delta', ...reasoning, delta: 'H' },
      { type: 'response.reasoning_summary_text.delta', ...reasoning, delta: 'm' },
      { type: 'response.reasoning_summary_text.done', ...reasoning, text: 'Hm' },
      { type: 'response.reasoning_summary_part.done', ...reasoning, part: { type: 'summary_text', text: 'Hm' } },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: {
          id: 'rs_01ABC_0',
          type: 'reasoning',
          status: 'completed',
          summary: [{ type: 'summary_text', text: 'Hm' }],
          encrypted_content: 'gh1.gemini.sig',
        },
      },
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { id: 'msg_01ABC_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
      },
      {
        type: 'response.content_part.added',
        ...text,
        part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
      },
      { type: 'response.output_text.delta', ...text, delta: 'é', logprobs: [] },
      {
        type: 'response.output_text.annotation.added',
        ...text,
        annotation_index: 0,
        annotation: { type: 'url_citation', url: 'https://x', title: '', start_index: 0, end_index: 1 },
      },
      { type: 'response.output_text.done', ...text, text: 'é', logprobs: [] },
      { type: 'response.content_part.done', ...text, part: expect.objectContaining({ text: 'é' }) },
      { type: 'response.output_item.done', output_index: 1, item: expect.objectContaining({ status: 'completed' }) },
      {
        type: 'response.output_item.added',
        output_index: 2,
        item: {
          id: 'fc_01ABC_2',
          type: 'function_call',
          status: 'in_progress',
          call_id: 'c1',
          name: 'look',
          arguments: '',
        },
      },
      { type: 'response.function_call_arguments.delta', ...call, delta: '{"a"' },
      { type: 'response.function_call_arguments.delta', ...call, delta: ':1}' },
      { type: 'response.function_call_arguments.done', ...call, name: 'look', arguments: '{"a":1}' },
      {
        type: 'response.output_item.done',
        output_index: 2,
        item: {
          id: 'fc_01ABC_2',
          type: 'function_call',
          status: 'completed',
          call_id: 'c1',
          name: 'look',
          arguments: '{"a":1}',
        },
      },
      { type: 'response.completed', status: 'completed', items: 3 },
    ]);
  });

  test('that the cap has cut ends as incomplete, with the open item', () => {
    const events = stream([start, ...block(0, { kind: 'text' }, delta(0, 'a')), ...ending('length')]);

    expect(events.slice(-2)).toMatchObject([
      { type: 'response.output_item.done', item: { status: 'incomplete' } },
      { type: 'response.incomplete', response: { incomplete_details: { reason: 'max_output_tokens' } } },
    ]);
  });

  test('has one message for texts and a refusal in a row, and the input of a custom tool as a whole', () => {
    const events = stream(
      [
        start,
        ...block(0, { kind: 'text' }, delta(0, 'a')),
        ...block(1, { kind: 'refusal' }, delta(1, 'N'), delta(1, 'o')),
        ...block(2, { kind: 'tool-call', id: 'c1', name: 'apply_patch' }, delta(2, '{"inp'), delta(2, 'ut":"x"}')),
        ...ending('tool_calls'),
      ],
      patching,
    );

    const types = events.map(({ type }) => type.replace('response.', ''));
    expect(types.slice(2)).toEqual([
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'content_part.added',
      'refusal.delta',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'output_item.done',
      'completed',
    ]);
    expect(events.filter(({ type }) => type.includes('custom_tool_call_input'))).toMatchObject([
      { delta: 'x' },
      { input: 'x' },
    ]);
  });

  test('tells log probabilities with the text and with its end', () => {
    const logprobs = [{ token: 'a', logprob: -0.5, bytes: [97], alternatives: [{ token: 'b', logprob: -1 }] }];
    const written = [
      { token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [{ token: 'b', logprob: -1, bytes: [] }] },
    ];

    const events = stream([
      start,
      ...block(0, { kind: 'text' }, delta(0, 'a'), { type: 'logprobs', ...at(0), logprobs }),
      ...ending('stop'),
    ]);

    expect(
      events.filter((event) => event.logprobs?.length > 0).map(({ type, logprobs: told }) => [type, told]),
    ).toEqual([
      ['response.output_text.delta', written],
      ['response.output_text.done', written],
    ]);
    expect(whole([{ type: 'text', text: 'a' }], 'stop', { logprobs }).output[0].content[0].logprobs).toEqual(written);
  });

  test('is one answer, since the protocol knows no second', () => {
    const second: CanonicalEvent[] = block(0, { kind: 'text' }, delta(0, 'b')).map(
      (event) => ({ ...event, choice: 1 }) as CanonicalEvent,
    );

    const events = stream([start, ...second, ...block(0, { kind: 'text' }, delta(0, 'a')), ...ending('stop')]);

    expect(events.at(-1)?.response.output).toHaveLength(1);
    expect(events.at(-1)?.response.output[0].content[0].text).toBe('a');
  });
});
