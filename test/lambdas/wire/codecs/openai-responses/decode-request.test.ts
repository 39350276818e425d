import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../../../../../lambdas/wire/canonical/request.ts';
import { openaiResponsesCodec } from '../../../../../lambdas/wire/codecs/openai-responses/codec.ts';

const decode = (fields: object): CanonicalRequest =>
  openaiResponsesCodec.decodeRequest({ model: 'm', input: 'Hi', ...fields }, { stream: false });

/** Without paths, which tests of refusals look at. */
const messagesOf = (input: unknown): unknown =>
  JSON.parse(JSON.stringify(decode({ input }).messages, (key, value) => (key === 'path' ? undefined : value)));

const user = { role: 'user', content: 'Hi' };
const call = { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"a":1}' };

describe('the input', () => {
  test('may be a text alone, behind the instructions', () => {
    const { messages } = decode({ instructions: 'Be brief.' });

    expect(messages).toEqual([
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief.', path: 'instructions' }],
        path: 'instructions',
      },
      { role: 'user', content: [{ type: 'text', text: 'Hi', path: 'input' }], path: 'input' },
    ]);
  });

  test('is a conversation in which the items of one turn are one message, as Codex sends it', () => {
    const messages = messagesOf([
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Sandboxed.' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Fix it' }] },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], content: null, encrypted_content: 'enc' },
      {
        type: 'message',
        role: 'assistant',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
      },
      call,
      { type: 'custom_tool_call', call_id: 'c2', name: 'apply_patch', input: '*** Begin "x"' },
      { type: 'function_call_output', call_id: 'c1', output: 'found' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'done' }] },
    ]);

    expect(messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Sandboxed.' }] },
      { role: 'user', content: [{ type: 'text', text: 'Fix it' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', state: { origin: 'openai', value: 'enc' } },
          { type: 'text', text: 'I look.' },
          { type: 'tool-call', id: 'c1', name: 'look', arguments: '{"a":1}' },
          { type: 'tool-call', id: 'c2', name: 'apply_patch', arguments: '{"input":"*** Begin \\"x\\""}' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool-result', callId: 'c1', name: 'look', content: [{ type: 'text', text: 'found' }] },
          { type: 'tool-result', callId: 'c2', name: 'apply_patch', content: [{ type: 'text', text: 'done' }] },
        ],
      },
    ]);
  });

  test.each<[string, object, unknown]>([
    [
      'text to be cached',
      { type: 'input_text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'text', text: 'a', cache: {} },
    ],
    [
      'an image by URL',
      { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' },
    ],
    [
      'an image as data',
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: null },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
    ],
    [
      'an image in the file store',
      { type: 'input_image', file_id: 'file-1' },
      { type: 'image', source: { kind: 'file', id: 'file-1' } },
    ],
    [
      'a document as data',
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
      { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAAA' }, fileName: 'a.pdf' },
    ],
    [
      'a document as bare base64',
      { type: 'input_file', filename: 'a.pdf', file_data: 'AAAA' },
      { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAAA' }, fileName: 'a.pdf' },
    ],
    [
      'a document by URL',
      { type: 'input_file', file_url: 'https://x/y.pdf' },
      { type: 'document', source: { kind: 'url', url: 'https://x/y.pdf' } },
    ],
    [
      'audio',
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { type: 'audio', source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'AAAA' } },
    ],
  ])('has %s in a message', (_, part, expected) => {
    expect(messagesOf([{ role: 'user', content: [part] }])).toEqual([{ role: 'user', content: [expected] }]);
  });

  test.each<[string, object, unknown]>([
    [
      'encrypted reasoning that is not shown',
      { type: 'reasoning', summary: [], encrypted_content: 'enc' },
      { type: 'redacted-reasoning', state: { origin: 'openai', value: 'enc' } },
    ],
    [
      "another vendor's reasoning",
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'gh1.anthropic.sig' },
      { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'sig' } },
    ],
    [
      'a thought whose text was left out',
      { type: 'reasoning', summary: [{ type: 'summary_text', text: '' }], encrypted_content: 'gh1.anthropic.sig' },
      { type: 'reasoning', text: '', state: { origin: 'anthropic', value: 'sig' } },
    ],
    [
      'the reasoning of an open model',
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] },
      { type: 'reasoning', text: 'Hm' },
    ],
    [
      'a refusal',
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No' }] },
      { type: 'refusal', text: 'No' },
    ],
    [
      'a citation',
      {
        role: 'assistant',
        content: [
          {
            type: 'output_text',
            text: 'abc',
            annotations: [{ type: 'url_citation', url: 'https://x', title: 'X', start_index: 0, end_index: 3 }],
          },
        ],
      },
      {
        type: 'text',
        text: 'abc',
        citations: [{ kind: 'url', url: 'https://x', title: 'X', textStart: 0, textEnd: 3 }],
      },
    ],
    [
      'an image that the model made',
      { type: 'image_generation_call', id: 'ig', status: 'completed', result: '/9j/AAAA' },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/jpeg', data: '/9j/AAAA' } },
    ],
    [
      'a signature inside the id of a call',
      { ...call, call_id: `c1_gh1_gemini_${Buffer.from('sig').toString('base64url')}` },
      { type: 'tool-call', id: 'c1', name: 'look', arguments: '{"a":1}', state: { origin: 'gemini', value: 'sig' } },
    ],
    [
      'a call without arguments',
      { ...call, arguments: '' },
      { type: 'tool-call', id: 'c1', name: 'look', arguments: '{}' },
    ],
  ])('has %s in an answer', (_, item, expected) => {
    expect(messagesOf([user, item])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: [expected] },
    ]);
  });

  test('has the signature of a text behind the text', () => {
    const messages = messagesOf([
      { role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
      { type: 'reasoning', summary: [], encrypted_content: 'gh1.gemini.sig' },
    ]);

    expect(messages).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'Hi', state: { origin: 'gemini', value: 'sig' } }] },
    ]);
  });

  test.each<[string, unknown]>([
    ['input', undefined],
    ['input', []],
    ['input', [{ type: 'reasoning', summary: [] }]],
    ['input[0]', ['Hi']],
    ['input[0].type', [{ type: 7 }]],
    ['input[0].role', [{ role: 'tool', content: 'Hi' }]],
    ['input[0].content', [{ role: 'user' }]],
    ['input[0].content[1]', [{ role: 'user', content: [{ type: 'input_text', text: 'a' }, 'b'] }]],
    ['input[0].content[0].type', [{ role: 'user', content: [{ type: 'text', text: 'a' }] }]],
    ['input[0].content[0].type', [{ role: 'system', content: [{ type: 'input_image', image_url: 'https://x' }] }]],
    ['input[0].content[0].text', [{ role: 'user', content: [{ type: 'input_text' }] }]],
    ['input[0].content[0].image_url', [{ role: 'user', content: [{ type: 'input_image' }] }]],
    ['input[0].content[0].image_url', [{ role: 'user', content: [{ type: 'input_image', image_url: 'file:///x' }] }]],
    ['input[0].content[0].file_data', [{ role: 'user', content: [{ type: 'input_file' }] }]],
    ['input[0].content[0].detail', [{ role: 'user', content: [{ type: 'input_image', detail: 'best' }] }]],
    ['input[1].call_id', [call, { type: 'function_call_output', call_id: 'other', output: 'x' }]],
    ['input[0].call_id', [{ ...call, call_id: '' }]],
    ['input[0].name', [{ ...call, name: null }]],
    ['input[0].arguments', [{ ...call, arguments: { a: 1 } }]],
    ['input[0].summary[0].text', [{ type: 'reasoning', summary: [{}] }]],
  ])('is refused at %s: %j', (param, input) => {
    expect(() => decode({ input })).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });

  test.each([
    ['input[1]', { type: 'web_search_call', id: 'ws_1' }],
    ['input[1]', { type: 'local_shell_call', call_id: 'c' }],
    ['input[1]', { type: 'compaction', encrypted_content: 'x' }],
  ])('with what only OpenAI knows is refused at %s: %j', (param, item) => {
    expect(() => decode({ input: [user, item] })).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param }),
    );
  });
});

describe('options', () => {
  test('are read', () => {
    const request = decode({
      temperature: 0,
      top_p: 0.5,
      top_logprobs: 3,
      max_output_tokens: 99,
      parallel_tool_calls: false,
      safety_identifier: 'someone',
      reasoning: { effort: 'xhigh', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'tree', schema: { type: 'object' }, strict: true } },
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'look' }] },
    });

    expect(request).toMatchObject({
      sampling: { temperature: 0, topP: 0.5, logprobs: 3 },
      maxOutputTokens: 99,
      parallelToolCalls: false,
      endUser: 'someone',
      reasoning: { effort: 'xhigh', visible: true, path: 'reasoning' },
      outputFormat: {
        kind: 'json-schema',
        name: 'tree',
        schema: { type: 'object' },
        strict: true,
        path: 'text.format',
      },
      toolChoice: { kind: 'one-of', names: ['look'], required: true },
      untranslated: [],
    });
  });

  test('that only describe the caller, or say what is so anyway, are left out', () => {
    const { untranslated } = decode({
      store: false,
      metadata: { a: 'b' },
      client_metadata: { a: 'b' },
      prompt_cache_key: 'k',
      service_tier: 'auto',
      truncation: 'disabled',
      text: { verbosity: 'medium', format: { type: 'text' } },
      reasoning: { mode: 'standard', context: 'auto' },
      stream_options: { include_obfuscation: false },
      max_tool_calls: 5,
      some_option_of_tomorrow: null,
    });

    expect(untranslated).toEqual([]);
  });

  test.each<[object, string]>([
    [{ truncation: 'auto' }, 'truncation'],
    [{ text: { verbosity: 'low' } }, 'text.verbosity'],
    [{ reasoning: { mode: 'pro' } }, 'reasoning.mode'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ context_management: [{ type: 'compaction' }] }, 'context_management'],
    [{ some_option_of_tomorrow: false }, 'some_option_of_tomorrow'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0]'],
    [{ tools: [{ type: 'function', name: 'a', defer_loading: true }] }, 'tools[0].defer_loading'],
    [{ tool_choice: { type: 'web_search_preview' } }, 'tool_choice'],
  ])('without a translation are listed: %j', (fields, path) => {
    expect(decode(fields).untranslated).toEqual([expect.objectContaining({ path })]);
  });

  test.each<[string, object]>([
    ['instructions', { instructions: 7 }],
    ['tools', { tools: {} }],
    ['tools[0].type', { tools: [{}] }],
    ['tools[0].name', { tools: [{ type: 'function', name: 'two words' }] }],
    ['tools[0].parameters', { tools: [{ type: 'function', name: 'a', parameters: [] }] }],
    ['tools[0].format.definition', { tools: [{ type: 'custom', name: 'a', format: { definition: 7 } }] }],
    ['tool_choice', { tool_choice: 'always' }],
    ['tool_choice.mode', { tool_choice: { type: 'allowed_tools', tools: [] } }],
    ['text.format.type', { text: { format: { type: 'xml' } } }],
    ['text.format.name', { text: { format: { type: 'json_schema', schema: {} } } }],
    ['reasoning.effort', { reasoning: { effort: 'some' } }],
    ['temperature', { temperature: '1' }],
    ['include', { include: 'all' }],
  ])('are refused at %s: %j', (param, fields) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });
});

describe('tools', () => {
  test('are functions, strict only where the client says so', () => {
    const { tools } = decode({
      tools: [
        { type: 'function', name: 'a', description: 'd', parameters: { type: 'object' }, strict: true },
        { type: 'function', name: 'b', parameters: null, strict: null },
      ],
    });

    expect(tools).toEqual([
      { name: 'a', description: 'd', parameters: { type: 'object' }, strict: true, path: 'tools[0]' },
      { name: 'b', path: 'tools[1]' },
    ]);
  });

  test('of a namespace have it in front of their names, where they are declared and where they were called', () => {
    const find = { type: 'function', name: 'find', description: 'Finds.', parameters: { type: 'object' } };
    const patch = { type: 'custom', name: 'patch' };
    const called = { type: 'function_call', call_id: 'c1', namespace: 'crm', name: 'find', arguments: '{}' };

    const { tools, messages } = decode({
      tools: [{ type: 'namespace', name: 'crm', description: 'Customers.', tools: [find, patch] }],
      input: [user, called, { type: 'function_call_output', call_id: 'c1', output: 'x' }],
    });

    expect(tools).toMatchObject([
      { name: 'crm__find', description: 'Customers.\n\nFinds.', path: 'tools[0].tools[0]' },
      { name: 'crm__patch', description: 'Customers.', path: 'tools[0].tools[1]' },
    ]);
    expect(messages.slice(1)).toMatchObject([
      { content: [{ type: 'tool-call', name: 'crm__find' }] },
      { content: [{ type: 'tool-result', name: 'crm__find' }] },
    ]);
  });

  test('tell what nobody asked them as the user does', () => {
    const told = { type: 'function_call_output', name: 'goal', namespace: 'agent', output: 'Be quick.' };

    const { messages } = decode({ input: [user, told] });

    expect(messages[1]).toMatchObject({ role: 'user', content: [{ text: 'agent__goal:' }, { text: 'Be quick.' }] });
  });

  test('with free input become functions of one text, their grammar told to the model', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };

    const { tools } = decode({ tools: [{ type: 'custom', name: 'apply_patch', description: 'Patches.', format }] });

    expect(tools).toEqual([
      {
        name: 'apply_patch',
        description: 'Patches.\n\nThe input must match this grammar (lark):\nstart: "x"',
        parameters: expect.objectContaining({ required: ['input'], additionalProperties: false }),
        path: 'tools[0]',
      },
    ]);
  });
});
