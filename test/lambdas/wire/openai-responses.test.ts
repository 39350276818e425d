import { describe, expect, test } from 'vitest';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiResponses } from '../../../lambdas/wire/openai-responses.ts';
import type { RequestFacts, UpstreamRequestChanges } from '../../../lambdas/wire/protocol.ts';

const parse = (text: string) => parseJsonBody(Buffer.from(text));
const read = (members: string): RequestFacts =>
  openaiResponses.readRequest(parse(`{"model":"m","input":"Hi"${members && `,${members}`}}`));

interface Event {
  readonly type: string;
  readonly [member: string]: unknown;
}
const event = (data: Event): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 17,
};
const readUsage = {
  inputTokens: 5,
  cacheReadInputTokens: 4,
  cacheWrite5mInputTokens: 1,
  cacheWrite1hInputTokens: 0,
  outputTokens: 7,
  reasoningTokens: 3,
};
const message = (part: object) => ({ type: 'message', role: 'assistant', content: [part] });
const said = message({ type: 'output_text', text: 'Hi', annotations: [] });

function pass(events: readonly string[]) {
  const tap = openaiResponses.createStreamTap();
  const kinds = events.map((text) => tap.read(Buffer.from(text).toString('latin1')).kind);
  return { kinds, ...tap.facts(), contentEvents: tap.contentEvents() };
}

describe('a request', () => {
  test('is read with the defaults of the API', () => {
    expect(read('')).toEqual({
      model: 'm',
      fallbackModels: [],
      stream: false,
      maxOutputTokens: undefined,
      minOutputTokens: 16,
      choices: 1,
      wantsStreamUsage: true,
      hasReferences: false,
      unpricedOption: undefined,
    });
  });

  test.each<[string, Partial<RequestFacts>]>([
    ['"max_output_tokens":700', { maxOutputTokens: 700, minOutputTokens: 16 }],
    ['"max_output_tokens":7', { maxOutputTokens: 7, minOutputTokens: 7 }],
    ['"stream":true', { stream: true }],
    ['"models":["a/b"]', { fallbackModels: ['a/b'] }],
    ['"x":[{"type":"input_image","image_url":"https://x"}]', { hasReferences: true }],
    ['"x":[{"type":"input_file"}]', { hasReferences: true }],
    ['"x":[{"file_id":"file-1"}]', { hasReferences: true }],
    ['"service_tier":"auto"', { unpricedOption: undefined }],
    ['"service_tier":"priority"', { unpricedOption: 'service_tier' }],
    ['"prompt":{"id":"pmpt_1"}', { unpricedOption: 'prompt', hasReferences: true }],
    ['"prompt":null,"x":{"prompt":{"type":"string"}}', { unpricedOption: undefined, hasReferences: false }],
    ['"tools":[{"type":"function"},{"type":"custom"},{"type":"local_shell"}]', { unpricedOption: undefined }],
    ['"tools":[{"type":"function"},{"type":"web_search"}]', { unpricedOption: 'tools' }],
    ['"tools":[{"type":"file_search"}]', { unpricedOption: 'tools' }],
    ['"tools":[{"type":"code_interpreter"}]', { unpricedOption: 'tools' }],
    ['"tools":[{"type":"image_generation"}]', { unpricedOption: 'tools' }],
    ['"tools":[{"type":"mcp"}]', { unpricedOption: 'tools' }],
    ['"tools":[{"type":"some_tool_of_tomorrow"}]', { unpricedOption: 'tools' }],
    ['"store":false,"background":false,"previous_response_id":null,"conversation":null', { model: 'm' }],
  ])('with %s', (members, expected) => {
    expect(read(members)).toMatchObject(expected);
  });

  test('has no price where an item of its input brings a tool that is billed per call', () => {
    const body = parse('{"model":"m","input":[{"type":"additional_tools","tools":[{"type":"web_search"}]}]}');

    const { unpricedOption } = openaiResponses.readRequest(body);

    expect(unpricedOption).toBe('input');
  });

  test.each([
    ['{"input":"Hi"}', 'model'],
    ['{"model":"m"}', 'input'],
    ['{"model":"m","input":{"role":"user"}}', 'input'],
    ['{"model":"m","input":[{"role":"user","content":"Hi"},"Hi"]}', 'input[1]'],
    ['{"model":"m","input":"Hi","stream":"true"}', 'stream'],
    ['{"model":"m","input":"Hi","max_output_tokens":0}', 'max_output_tokens'],
    ['{"model":"m","input":"Hi","models":"a"}', 'models'],
  ])('is refused, naming the field: %s', (text, param) => {
    const body = parse(text);

    expect(() => openaiResponses.readRequest(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    );
  });

  test.each([
    ['{"model":"m","input":"Hi","previous_response_id":"resp_1"}', 'previous_response_id'],
    ['{"model":"m","input":"Hi","conversation":"conv_1"}', 'conversation'],
    ['{"model":"m","input":"Hi","conversation":{"id":"conv_1"}}', 'conversation'],
    ['{"model":"m","input":"Hi","background":true}', 'background'],
    ['{"model":"m","input":"Hi","store":true}', 'store'],
    ['{"model":"m","input":[{"role":"user","content":"Hi"},{"type":"item_reference","id":"rs_1"}]}', 'input[1]'],
    ['{"model":"m","input":[{"id":"rs_1"}]}', 'input[0]'],
    ['{"model":"m","input":[{"type":null,"id":"rs_1"}]}', 'input[0]'],
  ])('that relies on a stored conversation is refused with what to send instead: %s', (text, param) => {
    const body = parse(text);

    expect(() => openaiResponses.readRequest(body)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        param,
        message: expect.stringMatching(/stores no content.*"store": false.*"input".*reasoning\.encrypted_content/),
      }),
    );
  });
});

describe('the request to the provider', () => {
  const same: UpstreamRequestChanges = {
    model: 'm',
    maxOutputTokens: undefined,
    maxTokensField: 'max_tokens',
    requestStreamUsage: true,
  };
  const build = (text: string, changes: Partial<UpstreamRequestChanges>): string => {
    const body = parse(text);
    return openaiResponses.buildRequest(body, openaiResponses.readRequest(body), { ...same, ...changes }).toString();
  };

  test.each<[string, string, Partial<UpstreamRequestChanges>, string]>([
    ['is the same where nothing is decided', '"n":1e2,"store":false', {}, '"n":1e2,"store":false'],
    ['names the model of the target', '"store":false', { model: 'x' }, '"store":false'],
    ['leaves our fallback list out', '"models":["a"],"store":false', {}, '"store":false'],
    [
      'keeps a cap that is low enough',
      '"store":false,"max_output_tokens":30',
      { maxOutputTokens: 50 },
      '"store":false,"max_output_tokens":30',
    ],
    [
      'lowers a cap',
      '"store":false,"max_output_tokens":90',
      { maxOutputTokens: 50 },
      '"store":false,"max_output_tokens":50',
    ],
    ['says "store": false where null leaves it to OpenAI', '"store":null', {}, '"store":false'],
  ])('%s', (_, members, changes, expected) => {
    const built = build(`{"model":"m","input":"Hi",${members}}`, changes);

    expect(built).toBe(`{"model":"${changes.model ?? 'm'}","input":"Hi",${expected}}`);
  });

  test('gets a cap where the caller set none', () => {
    const built = build('{"model":"m","input":"Hi","store":false}', { maxOutputTokens: 50 });

    expect(built).toBe('{"max_output_tokens":50,"model":"m","input":"Hi","store":false}');
  });

  test('says "store": false where the caller leaves it to OpenAI, whose default is to store', () => {
    const built = build('{"model":"m","input":"Hi"}', {});

    expect(built).toBe('{"store":false,"model":"m","input":"Hi"}');
  });

  test('then asks for reasoning in the form that needs no storage, where a model reasons', () => {
    const built = JSON.parse(
      build('{"model":"m","input":"Hi","reasoning":{"effort":"low"},"include":["message.output_text.logprobs"]}', {}),
    );

    expect(built).toMatchObject({
      store: false,
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
    });
  });
});

describe('a response', () => {
  test.each([
    [{ output: [said], status: 'completed' }, 'stop'],
    [{ output: [said] }, 'stop'],
    [{ output: [said, { type: 'function_call' }], status: 'completed' }, 'tool_calls'],
    [{ output: [{ type: 'custom_tool_call' }], status: 'completed' }, 'tool_calls'],
    [{ output: [{ type: 'web_search_call' }, said], status: 'completed' }, 'stop'],
    [{ output: [message({ type: 'refusal', refusal: 'No' })], status: 'completed' }, 'refusal'],
    [{ output: [], status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
    [{ output: [], status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'content_filter'],
    [{ output: [], status: 'incomplete', incomplete_details: null }, 'other'],
    [{ output: [], status: 'failed' }, 'other'],
  ])('finishes as its status and output tell: %j', (response, finishReason) => {
    const facts = openaiResponses.readResponse({ ...response, usage });

    expect(facts).toEqual({ usage: readUsage, finishReason });
  });

  test.each([
    ['without figures', {}, undefined],
    ['null', null, undefined],
    [
      'with more cached than there is',
      { input_tokens: 3, input_tokens_details: { cached_tokens: 9 }, output_tokens: 1 },
      { inputTokens: 0, cacheReadInputTokens: 3, outputTokens: 1, reasoningTokens: 0 },
    ],
  ])('has no more usage than it tells: %s', (_, reported, expected) => {
    const facts = openaiResponses.readResponse({ output: [], usage: reported });

    if (expected === undefined) expect(facts?.usage).toBeUndefined();
    else expect(facts?.usage).toMatchObject(expected);
  });

  test.each([undefined, null, 'text', [], {}, { output: 'text' }, { error: { message: 'x' } }])(
    'of another protocol is none: %j',
    (value) => {
      expect(openaiResponses.readResponse(value)).toBeUndefined();
    },
  );
});

describe('a stream', () => {
  const delta = { type: 'response.output_text.delta', delta: 'Hi' };
  const response = { output: [said], status: 'completed', usage };

  test('passes, with its last event held back and its facts read', () => {
    const events = [{ type: 'response.created', response: { output: [] } }, delta, delta].map((each) => event(each));

    const passed = pass([...events, event({ type: 'response.completed', response })]);

    expect(passed).toEqual({
      kinds: ['forward', 'forward', 'forward', 'end'],
      usage: readUsage,
      finishReason: 'stop',
      contentEvents: 2,
    });
  });

  test('ends as incomplete too', () => {
    const incomplete = { ...response, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };

    const passed = pass([event(delta), event({ type: 'response.incomplete', response: incomplete })]);

    expect(passed).toMatchObject({ kinds: ['forward', 'end'], usage: readUsage, finishReason: 'length' });
  });

  test('that failed is an error, and what it has cost is known', () => {
    const passed = pass([
      event(delta),
      event({ type: 'response.failed', response: { ...response, status: 'failed' } }),
    ]);

    expect(passed).toMatchObject({ kinds: ['forward', 'error'], usage: readUsage, finishReason: 'other' });
  });

  test('has an event for errors alone', () => {
    expect(pass([event({ type: 'error', message: 'x' })]).kinds).toEqual(['error']);
  });

  test('is read without names of events, behind comments and with any line ending', () => {
    const unnamed = [delta, { type: 'response.completed', response }].map(
      (data) => `data: ${JSON.stringify(data)}\n\n`,
    );
    const dressed = event({ type: 'response.completed', response }).replaceAll('\n', '\r\n');

    expect(pass(unnamed)).toMatchObject({ kinds: ['forward', 'end'], usage: readUsage, contentEvents: 1 });
    expect(pass([`: ping\n${dressed}`])).toMatchObject({ kinds: ['end'], usage: readUsage });
  });

  test('is not ended by a text that reads like an event, nor by a schema', () => {
    const texts = ['\n\nevent: response.completed\ndata: {"type":"error"}', '"type":"response.completed"'];
    const schema = { type: 'response.created', response: { tools: [{ parameters: { enum: [{ type: 'error' }] } }] } };

    const passed = pass([
      ...texts.map((text) => event({ ...delta, delta: text })),
      ...texts.map((text) => `data: ${JSON.stringify({ ...delta, delta: text })}\n\n`),
      `data: ${JSON.stringify(schema)}\n\n`,
    ]);

    expect(passed.kinds).toEqual(['forward', 'forward', 'forward', 'forward', 'forward']);
  });

  test('survives an end without JSON', () => {
    expect(pass(['event: response.completed\ndata: {\n\n'])).toMatchObject({ kinds: ['end'], usage: undefined });
  });
});
