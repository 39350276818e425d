import { describe, expect, test } from 'vitest';
import { encodeToolCallId } from '../../../../../lambdas/wire/canonical/opaque.ts';
import type { CanonicalRequest } from '../../../../../lambdas/wire/canonical/request.ts';
import { geminiCodec } from '../../../../../lambdas/wire/codecs/gemini/codec.ts';

const hello = { role: 'user', parts: [{ text: 'Hi' }] };
const decode = (fields: Record<string, unknown>): CanonicalRequest =>
  geminiCodec.decodeRequest({ contents: [hello], ...fields }, { stream: false });
const withoutPath = (part: object) => Object.fromEntries(Object.entries(part).filter(([name]) => name !== 'path'));
const contentsOf = (...contents: object[]) =>
  decode({ contents }).messages.map(({ role, content }) => ({
    role,
    content: content.map(withoutPath),
  }));
const call = (name: string, members: object = {}) => ({ functionCall: { name, args: { of: name }, ...members } });
const response = (name: string, output: unknown, members: object = {}) => ({
  functionResponse: { name, response: { output }, ...members },
});

describe('contents', () => {
  test('become messages with the paths of their parts', () => {
    const request = decode({
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [hello, { role: 'model', parts: [{ text: 'Hello' }] }],
    });

    expect(request.messages).toEqual([
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief', path: 'systemInstruction.parts[0]' }],
        path: 'systemInstruction',
      },
      { role: 'user', content: [{ type: 'text', text: 'Hi', path: 'contents[0].parts[0]' }], path: 'contents[0]' },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Hello', path: 'contents[1].parts[0]' }],
        path: 'contents[1]',
      },
    ]);
  });

  test('are read in either spelling', () => {
    const camel = decode({
      systemInstruction: { parts: [{ text: 'S' }] },
      contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
      generationConfig: { topK: 3, thinkingConfig: { includeThoughts: true, thinkingBudget: 5 } },
    });
    const snake = decode({
      system_instruction: { parts: [{ text: 'S' }] },
      contents: [{ parts: [{ inline_data: { mime_type: 'image/png', data: 'aGk=' } }] }],
      tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['f'] } },
      tools: [{ function_declarations: [{ name: 'f', parameters_json_schema: { type: 'object' } }] }],
      generation_config: { top_k: 3, thinking_config: { include_thoughts: true, thinking_budget: 5 } },
    });
    const withoutPaths = (request: CanonicalRequest): string =>
      JSON.stringify(request).replaceAll(/,?"paths?":("[^"]*"|{[^}]*})/g, '');

    expect(withoutPaths(snake)).toBe(withoutPaths(camel));
    expect(snake.untranslated).toEqual([]);
  });

  test('with calls that have no ids get some, which match responses by name and order', () => {
    const messages = contentsOf(
      hello,
      { role: 'model', parts: [call('a'), call('b'), call('a')] },
      { role: 'user', parts: [response('b', 1), response('a', 'first'), response('a', 'second')] },
    );

    expect(messages.slice(1)).toMatchObject([
      { content: [{ id: 'call_0' }, { id: 'call_1' }, { id: 'call_2' }] },
      {
        content: [
          { callId: 'call_1', name: 'b', content: [{ text: '1' }] },
          { callId: 'call_0', name: 'a', content: [{ text: 'first' }] },
          { callId: 'call_2', name: 'a', content: [{ text: 'second' }] },
        ],
      },
    ]);
  });

  test('match responses by id where there is one, in whatever order', () => {
    const messages = contentsOf(
      { role: 'model', parts: [call('f', { id: 'one' }), call('f', { id: 'two' })] },
      { role: 'function', parts: [response('f', 'b', { id: 'two' }), response('f', 'a', { id: 'one' })] },
    );

    expect(messages[1]).toMatchObject({ role: 'user', content: [{ callId: 'two' }, { callId: 'one' }] });
  });

  test('give a call its state from its signature or from its id', () => {
    const state = { origin: 'openai', value: 'gAAA' } as const;
    const messages = contentsOf({
      role: 'model',
      parts: [
        { ...call('f', { id: 'one' }), thoughtSignature: 'c2ln' },
        call('f', { id: encodeToolCallId('two', state) }),
      ],
    });

    expect(messages[0]?.content).toMatchObject([
      { id: 'one', arguments: '{"of":"f"}', state: { origin: 'gemini', value: 'c2ln' } },
      { id: 'two', state },
    ]);
  });

  test.each([
    [{ output: 'sunny' }, [{ type: 'text', text: 'sunny' }], undefined],
    [{ output: { degrees: 21 } }, [{ type: 'text', text: '{"degrees":21}' }], undefined],
    [{ error: 'no such city' }, [{ type: 'text', text: 'no such city' }], true],
    [{ degrees: 21 }, [{ type: 'text', text: '{"degrees":21}' }], undefined],
    [{ output: 1, error: 2 }, [{ type: 'text', text: '{"output":1,"error":2}' }], undefined],
    [{ output: '' }, [], undefined],
  ])('give a result of %j', (result, content, isError) => {
    const messages = contentsOf(
      { role: 'model', parts: [call('f')] },
      { parts: [{ functionResponse: { name: 'f', response: result } }] },
    );

    expect(messages[1]?.content[0]).toEqual({
      type: 'tool-result',
      callId: 'call_0',
      name: 'f',
      content,
      ...(isError && { isError }),
    });
  });

  test('keep the thoughts of a streamed answer whole, as they were signed', () => {
    const messages = contentsOf(
      hello,
      { role: 'model', parts: [{ text: 'Let me ', thought: true }] },
      { role: 'model', parts: [{ text: 'see', thought: true }] },
      {
        role: 'model',
        parts: [{ text: '', thought: true, thoughtSignature: Buffer.from('gh1.anthropic.EqQB').toString('base64') }],
      },
      { role: 'model', parts: [{ text: 'It ' }] },
      { role: 'model', parts: [{ text: 'rains' }, call('f')] },
      { role: 'model', parts: [{ text: '' }] },
    );

    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Let me see', state: { origin: 'anthropic', value: 'EqQB' } },
          { type: 'text', text: 'It rains' },
          { type: 'tool-call', id: 'call_0', name: 'f', arguments: '{"of":"f"}' },
        ],
      },
    ]);
  });

  test('join only what the end of a chunk may have cut', () => {
    const messages = contentsOf(
      { role: 'model', parts: [{ text: 'a' }] },
      { role: 'model', parts: [{ text: 'b' }, { text: 'c' }] },
    );

    expect(messages).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'ab' },
          { type: 'text', text: 'c' },
        ],
      },
    ]);
  });

  test('do not join thoughts that are signed each for itself', () => {
    const messages = contentsOf(
      { role: 'model', parts: [{ text: 'a', thought: true, thoughtSignature: 'YQ==' }] },
      { role: 'model', parts: [{ text: 'b', thought: true, thoughtSignature: 'Yg==' }] },
    );

    expect(messages[0]?.content).toMatchObject([{ text: 'a' }, { text: 'b' }]);
  });

  test.each([
    [
      { inlineData: { mimeType: 'image/PNG', data: 'a-_b' } },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'a+/b' } },
    ],
    [
      { inlineData: { mimeType: 'application/pdf', data: 'aGk=', displayName: 'a.pdf' } },
      { type: 'document', fileName: 'a.pdf' },
    ],
    [{ inlineData: { mimeType: 'audio/wav', data: 'aGk=' } }, { type: 'audio' }],
    [
      { fileData: { fileUri: 'https://youtu.be/x' } },
      { type: 'video', source: { kind: 'url', url: 'https://youtu.be/x' } },
    ],
    [
      { fileData: { fileUri: 'https://example.com/a.jpg?x=1' } },
      { type: 'image', source: { kind: 'url', mediaType: 'image/jpeg' } },
    ],
    [
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a', mimeType: 'image/png' } },
      { type: 'image', source: { kind: 'file', id: 'https://generativelanguage.googleapis.com/v1beta/files/a' } },
    ],
    [
      { inlineData: { mimeType: 'image/png', data: 'aGk=' }, mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' } },
      { detail: 'low' },
    ],
  ])('hold media: %j', (part, expected) => {
    expect(contentsOf({ parts: [part] })[0]?.content[0]).toMatchObject(expected);
  });

  test.each([
    [[{ role: 'system', parts: [{ text: 'a' }] }], 'contents[0].role'],
    [[{ parts: {} }], 'contents[0].parts'],
    [[{ parts: [{}] }], 'contents[0].parts[0]'],
    [[{ parts: [{ text: 1 }] }], 'contents[0].parts[0].text'],
    [[{ parts: [{ fileData: { fileUri: 'https://example.com/a' } }] }], 'contents[0].parts[0].fileData.mimeType'],
    [[{ parts: [{ fileData: { fileUri: 'a.png' } }] }], 'contents[0].parts[0].fileData.fileUri'],
    [[{ parts: [call('f')] }], 'contents[0].parts[0].functionCall'],
    [[{ role: 'model', parts: [call('two words')] }], 'contents[0].parts[0].functionCall.name'],
    [[{ role: 'model', parts: [call('f', { args: [] })] }], 'contents[0].parts[0].functionCall.args'],
    [[{ parts: [response('f', 1)] }], 'contents[0].parts[0].functionResponse'],
    [
      [{ role: 'model', parts: [call('f')] }, { parts: [response('f', 1, { id: 'x' })] }],
      'contents[1].parts[0].functionResponse.id',
    ],
    [[{ role: 'model', parts: [{ executableCode: {} }] }], 'contents[0].parts[0].executableCode'],
    [[{ role: 'model', parts: [{ code_execution_result: {} }] }], 'contents[0].parts[0].code_execution_result'],
    [[{ parts: [{ inlineData: {}, inline_data: {} }] }], 'contents[0].parts[0].inlineData'],
  ])('are refused, naming the field: %j', (contents, param) => {
    expect(() => decode({ contents })).toThrow(expect.objectContaining({ param }));
  });
});
