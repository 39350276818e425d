import * as fc from 'fast-check';
import type OpenAI from 'openai';
import { expect, it } from 'vitest';
import { ask, collect, postJson, startSimulated } from '../../fixtures/simulated-clients.ts';

it('echoes the last user message, counting words out and a quarter of the characters in', async () => {
  const { openai } = await startSimulated();

  const completion = await openai.chat.completions.create({
    model: 'echo',
    messages: [{ role: 'system', content: 'Be brief.' }, ...ask('first'), { role: 'assistant', content: 'ok' }].concat(
      ask(' Hello,\n  big world '),
    ) as OpenAI.ChatCompletionMessageParam[],
  });

  expect(completion.choices).toMatchObject([
    { index: 0, message: { role: 'assistant', content: ' Hello,\n  big world ' }, finish_reason: 'stop' },
  ]);
  expect(completion.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 });
});

it('streams any text in words that add up to it, under one id', async () => {
  const { openai } = await startSimulated();

  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (text) => {
      const stream = await openai.chat.completions.create({ model: 'echo', messages: ask(text), stream: true });
      const chunks = await collect(stream);

      const said = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      expect(said).toBe(text.trim() === '' ? '(nothing)' : text);
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
      expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    }),
    { numRuns: 50 },
  );
});

it('sends usage in a stream only when asked, and then null in all chunks but the last', async () => {
  const { openai } = await startSimulated();
  const request = { model: 'echo', messages: ask('one two'), stream: true } as const;

  const silent = await collect(await openai.chat.completions.create(request));
  const stream = await openai.chat.completions.create({ ...request, stream_options: { include_usage: true } });
  const counted = await collect(stream);

  expect(silent.filter((chunk) => 'usage' in chunk)).toEqual([]);
  expect(counted.slice(0, -1).map(({ usage }) => usage)).toEqual(silent.map(() => null));
  expect(counted.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 2, completion_tokens: 2 } });
});

it('ends the bytes of a stream with [DONE]', async () => {
  const { url } = await startSimulated();

  const response = await postJson(`${url}/v1/chat/completions`, { model: 'echo', messages: ask('hi'), stream: true });
  const text = await response.text();

  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(text.split('\n\n').slice(-2)).toEqual(['data: [DONE]', '']);
});

it.each(['max_tokens', 'max_completion_tokens'])('cuts the answer at %s', async (field) => {
  const { openai } = await startSimulated();

  const completion = await openai.chat.completions.create({ model: 'long', messages: ask('a b'), [field]: 5 });

  expect(completion.choices[0]).toMatchObject({ message: { content: 'a b a b a' }, finish_reason: 'length' });
  expect(completion.usage?.completion_tokens).toBe(5);
});

it('answers n choices, streamed or not, and charges for all', async () => {
  const { openai } = await startSimulated();
  const request = { model: 'echo', messages: ask('two words'), n: 3 };

  const whole = await openai.chat.completions.create(request);
  const streamed = await openai.chat.completions
    .stream({ ...request, stream_options: { include_usage: true } })
    .finalChatCompletion();

  for (const { choices, usage } of [whole, streamed]) {
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'two words'],
      [1, 'two words'],
      [2, 'two words'],
    ]);
    expect(usage?.completion_tokens).toBe(6);
  }
});

it('streams arguments in fragments that assemble to valid JSON', async () => {
  const { openai } = await startSimulated();
  const properties = { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' } } };
  const tool = { name: 'get_weather', parameters: { type: 'object', properties } };

  const stream = openai.chat.completions.stream({
    model: 'tool-call',
    messages: ask('Weather?'),
    tools: [{ type: 'function', function: tool }],
  });
  const chunks = await collect(stream);
  const [choice] = (await stream.finalChatCompletion()).choices;

  const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
  expect(calls.length).toBeGreaterThan(3);
  expect(calls.map(({ id }) => id !== undefined)).toEqual(calls.map((_, index) => index === 0));
  expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
  const [call] = (choice?.message.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];
  expect(call?.function.name).toBe('get_weather');
  expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ city: 'sample city', days: [1] });
});

it('calls the tool that the caller chose, none when told so, and answers its result in words', async () => {
  const { openai } = await startSimulated();
  const tools = ['first', 'second'].map((name) => ({ type: 'function', function: { name } }) as const);
  const request = { model: 'tool-call', messages: ask('Go'), tools };

  const chosen = await openai.chat.completions.create({ ...request, tool_choice: tools[1]! });
  const none = await openai.chat.completions.create({ ...request, tool_choice: 'none' });
  const message = chosen.choices[0]!.message;
  const result = { role: 'tool', tool_call_id: message.tool_calls?.[0]?.id ?? '', content: '21 degrees' } as const;
  const after = await openai.chat.completions.create({ ...request, messages: [...ask('Go'), message, result] });

  expect(message).toMatchObject({ content: null, tool_calls: [{ function: { name: 'second', arguments: '{}' } }] });
  expect(none.choices[0]).toMatchObject({ message: { content: 'Go' }, finish_reason: 'stop' });
  expect(after.choices[0]).toMatchObject({ message: { content: '21 degrees' }, finish_reason: 'stop' });
});

it('counts reasoning as output and reports it apart', async () => {
  const { openai } = await startSimulated();

  const { choices, usage } = await openai.chat.completions.create({ model: 'reasoning', messages: ask('one two') });

  expect(choices[0]?.message).toMatchObject({ content: 'one two', reasoning_content: expect.stringMatching(/\w/) });
  const reasoningTokens = usage?.completion_tokens_details?.reasoning_tokens ?? 0;
  expect(reasoningTokens).toBeGreaterThan(0);
  expect(usage?.completion_tokens).toBe(reasoningTokens + 2);
});

it('reports a long leading message as cached the second time', async () => {
  const { openai } = await startSimulated();
  const create = (content: string) =>
    openai.chat.completions.create({ model: 'echo', messages: [{ role: 'system', content }, ...ask('four')] });

  const first = await create('x'.repeat(1024));
  const second = await create('x'.repeat(1024));
  const short = [await create('y'.repeat(1023)), await create('y'.repeat(1023))];

  const cached = [first, second, ...short].map(({ usage }) => usage?.prompt_tokens_details?.cached_tokens);
  expect(cached).toEqual([0, 256, 0, 0]);
  expect(second.usage).toEqual({
    ...first.usage,
    prompt_tokens_details: { ...first.usage?.prompt_tokens_details, cached_tokens: 256 },
  });
  expect(first.usage?.prompt_tokens).toBe(257);
});
