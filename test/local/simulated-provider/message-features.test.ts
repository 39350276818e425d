import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { ask, postJson } from '../../fixtures/simulated-clients.ts';
import { pixel, pixelDescription, startVendors, weatherArguments, weatherSchema } from './vendor-clients.ts';

const declare = (...names: string[]) => names.map((name) => ({ name, input_schema: weatherSchema }));
const base = { max_tokens: 4096 };

describe('a message', () => {
  it('calls every declared tool in parallel, whole or streamed', async () => {
    const { anthropic } = await startVendors();
    const request = { ...base, model: 'parallel-tools', messages: ask('Go'), tools: declare('one', 'two') };

    const whole = await anthropic.messages.create(request);
    const streamed = await anthropic.messages.stream(request).finalMessage();
    const one = await anthropic.messages.create({
      ...request,
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });

    const calls = ['one', 'two'].map((name) => ({ type: 'tool_use', name, input: weatherArguments }));
    expect(whole.content).toMatchObject(calls);
    expect(streamed.content).toMatchObject(calls);
    expect(one.content).toHaveLength(1);
  });

  it.each([
    ['refusal', { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'I cannot help with that.' } }],
    ['filtered', { stop_reason: 'refusal', content: [{ text: 'one' }] }],
    ['stop', { stop_reason: 'stop_sequence', stop_sequence: 'two', content: [{ text: 'one ' }] }],
  ])('of the model %s ends with Anthropic’s own reason, whole and streamed', async (model, expected) => {
    const { anthropic } = await startVendors();
    const request = { ...base, model, messages: ask('one two'), stop_sequences: ['two'] };

    const whole = await anthropic.messages.create(request);
    const streamed = await anthropic.messages.stream(request).finalMessage();

    expect(whole).toMatchObject(expected);
    expect(streamed).toMatchObject({ ...expected, content: whole.content });
  });

  it('takes instructions behind what the user said, and nowhere else', async () => {
    const { url } = await startVendors();
    const said = { role: 'user', content: 'Hello' };
    const told = { role: 'system', content: 'Be brief.' };
    const version = { 'anthropic-version': '2023-06-01' };
    const send = (...messages: object[]) =>
      postJson(`${url}/v1/messages`, { ...base, model: 'echo', messages }, version);

    const [behind, first, before] = await Promise.all([send(said, told), send(told, said), send(said, told, said)]);

    expect(await behind.json()).toMatchObject({ content: [{ text: 'Hello' }] });
    expect([first.status, before.status]).toEqual([400, 400]);
  });

  it('matches the schema of the structured output', async () => {
    const { anthropic } = await startVendors();
    const request = { ...base, model: 'structured', messages: ask('hi') };
    const format = { type: 'json_schema' as const, schema: weatherSchema };

    const { content } = await anthropic.messages.create({ ...request, output_config: { format } });
    const unasked = anthropic.messages.create(request);

    expect(JSON.parse((content[0] as Anthropic.TextBlock).text)).toEqual(weatherArguments);
    await expect(unasked).rejects.toThrow('output_config.format');
  });

  it('describes images and documents, and cites documents where that is enabled', async () => {
    const { anthropic } = await startVendors();
    const content: Anthropic.ContentBlockParam[] = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
      {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: 'Something to cite' },
        title: 'Notes',
        citations: { enabled: true },
      },
      { type: 'text', text: 'What is this?' },
    ];
    const request = (model: string) => ({ ...base, model, messages: [{ role: 'user' as const, content }] });

    const image = await anthropic.messages.create(request('vision'));
    const document = await anthropic.messages.create(request('document'));
    const cited = await anthropic.messages.create(request('citations'));
    const streamed = await anthropic.messages.stream(request('citations')).finalMessage();

    expect(image.content).toMatchObject([{ text: expect.stringMatching(pixelDescription) }]);
    expect(document.content).toMatchObject([
      { text: expect.stringMatching(/^document 1: text\/plain, 17 bytes, .*, name Notes$/) },
    ]);
    expect(cited.content).toMatchObject([
      {
        text: 'What is this?',
        citations: [{ type: 'char_location', cited_text: 'Something to cite', document_index: 0 }],
      },
    ]);
    expect(streamed.content).toEqual(cited.content);
  });

  it('does not think where thinking is disabled, and hides it where it is omitted', async () => {
    const { anthropic } = await startVendors();
    const think = (thinking: Anthropic.ThinkingConfigParam) =>
      anthropic.messages.create({ ...base, model: 'reasoning', messages: ask('hi'), thinking });

    const disabled = await think({ type: 'disabled' });
    const omitted = await think({ type: 'adaptive', display: 'omitted' });

    expect(disabled.content).toMatchObject([{ type: 'text' }]);
    expect(omitted.content).toMatchObject([{ type: 'thinking', thinking: '' }, { type: 'text' }]);
  });
});

describe('the thinking of a tool loop', () => {
  const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
  const request = { ...base, model: 'reasoning', tools: declare('get_weather') };

  it.each([false, true])('is taken back as it was and no other way (streamed: %s)', async (streamed) => {
    const { anthropic } = await startVendors();
    const first = { ...request, thinking, messages: ask('Weather?') };
    const { content } = streamed
      ? await anthropic.messages.stream(first).finalMessage()
      : await anthropic.messages.create(first);
    const [thought, call] = content as [Anthropic.ThinkingBlock, Anthropic.ToolUseBlock];
    const answerTo = (blocks: Anthropic.ContentBlockParam[], options: object = { thinking }) =>
      anthropic.messages.create({
        ...request,
        ...options,
        messages: [
          ...ask('Weather?'),
          { role: 'assistant', content: blocks },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: '21 degrees' }] },
        ],
      });

    const kept = await answerTo([thought, call]);
    const off = await answerTo([call], {});
    const adaptive = await answerTo([call], { thinking: { type: 'adaptive' } });
    const lost = answerTo([call]);
    const strict = answerTo([call], { model: 'reasoning?strict=1' });
    const changed = answerTo([{ ...thought, thinking: 'Something else' }, call]);
    const foreign = answerTo([{ ...thought, signature: 'c2lnbmVk' }, call]);

    expect(kept.content.at(-1)).toMatchObject({ text: '21 degrees' });
    expect(off.content.at(-1)).toMatchObject({ text: '21 degrees' });
    expect(adaptive.content.at(-1)).toMatchObject({ text: '21 degrees' });
    await expect(lost).rejects.toThrow('Expected `thinking` or `redacted_thinking`, but found `tool_use`');
    await expect(strict).rejects.toThrow('Expected `thinking`');
    await expect(changed).rejects.toThrow('Invalid `signature`');
    await expect(foreign).rejects.toThrow('Invalid `signature`');
  });
});

it('counts the tokens of a message', async () => {
  const { anthropic } = await startVendors();

  const counted = await anthropic.messages.countTokens({ model: 'echo', messages: ask('twelve chars') });

  expect(counted).toEqual({ input_tokens: 3 });
});

describe('Anthropic refuses', () => {
  const call = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] };
  const result = (id = 'a') => ({ type: 'tool_result', tool_use_id: id, content: 'x' });
  const user = (...content: object[]) => ({ role: 'user', content });
  const text = (value: string) => ({ type: 'text', text: value });
  const marked = { ...text('a'), cache_control: { type: 'ephemeral' } };

  it.each([
    ['an unknown member', { n: 2 }, 'n: Extra inputs are not permitted'],
    [
      'an unknown member of a block',
      { messages: [user({ ...text('a'), detail: 'low' })] },
      'messages.0.content.0.detail: Extra',
    ],
    ['an empty text', { messages: [user(text(''))] }, 'must be non-empty'],
    ['white space alone', { messages: [user(text(' '))] }, 'non-whitespace'],
    ['an empty message', { messages: [{ role: 'user', content: '' }] }, 'non-empty content'],
    ['a start by the assistant', { messages: [{ role: 'assistant', content: 'a' }] }, 'first message'],
    [
      'a prefill that ends in white space',
      { messages: [...ask('a'), { role: 'assistant', content: 'b ' }] },
      'trailing whitespace',
    ],
    [
      'a call without its result',
      { messages: [...ask('a'), call, ...ask('b')] },
      'without `tool_result` blocks immediately after: a',
    ],
    [
      'text before a result',
      { messages: [...ask('a'), call, user(text('b'), result())] },
      'without `tool_result` blocks immediately after',
    ],
    [
      'a result without its call',
      { messages: [...ask('a'), call, user(result(), result('b'))] },
      'unexpected `tool_use_id`',
    ],
    ['two results of one call', { messages: [...ask('a'), call, user(result(), result())] }, 'single result'],
    [
      'an id of other characters',
      { messages: [...ask('a'), call, user(result('a.b'))] },
      'messages.2.content.0.tool_use_id',
    ],
    ['five cache markers', { messages: [user(marked, marked, marked, marked, marked)] }, 'maximum of 4 blocks'],
    ['too small a thinking budget', { thinking: { type: 'enabled', budget_tokens: 100 } }, 'thinking.budget_tokens'],
    [
      'a thinking budget above the maximum',
      { thinking: { type: 'enabled', budget_tokens: 9000 } },
      'greater than `thinking.budget_tokens`',
    ],
    [
      'thinking at another temperature',
      { thinking: { type: 'adaptive' }, temperature: 0.5 },
      '`temperature` may only be set to 1',
    ],
    [
      'thinking with a forced tool',
      {
        thinking: { type: 'enabled', budget_tokens: 1024 },
        tools: declare('f'),
        tool_choice: { type: 'any' },
      },
      'forces tool use',
    ],
    ['a temperature above 1', { temperature: 1.5 }, 'temperature'],
    [
      'an open schema',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      'additionalProperties',
    ],
    ['a choice of no tools', { tool_choice: { type: 'any' } }, 'tool_choice'],
  ])('%s', async (_, body, message) => {
    const { url } = await startVendors();
    const whole = { model: 'echo', ...base, messages: ask('hi'), ...body };

    const response = await postJson(`${url}/v1/messages`, whole, { 'anthropic-version': '2023-06-01' });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
    });
  });
});
