import type OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ask, collect, postJson } from '../../fixtures/simulated-clients.ts';
import { pixel, pixelDescription, startVendors, weatherArguments, weatherSchema } from './vendor-clients.ts';

const declare = (...names: string[]) =>
  names.map((name) => ({ type: 'function' as const, function: { name, parameters: weatherSchema, strict: true } }));

describe('a chat completion', () => {
  it('calls every declared tool in parallel, whole or streamed, and a single one twice', async () => {
    const { openai } = await startVendors();
    const request = { model: 'parallel-tools', messages: ask('Go'), tools: declare('one', 'two') };

    const whole = await openai.chat.completions.create(request);
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
    const twice = await openai.chat.completions.create({ ...request, tools: declare('one') });
    const once = await openai.chat.completions.create({ ...request, parallel_tool_calls: false });

    const listCalls = ({ choices }: OpenAI.ChatCompletion) =>
      (choices[0]?.message.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];
    for (const completion of [whole, streamed]) {
      expect(listCalls(completion).map((call) => call.function.name)).toEqual(['one', 'two']);
      expect(listCalls(completion).map((call) => JSON.parse(call.function.arguments))).toEqual([
        weatherArguments,
        weatherArguments,
      ]);
      expect(new Set(listCalls(completion).map(({ id }) => id)).size).toBe(2);
    }
    expect([listCalls(twice).length, listCalls(once).length]).toEqual([2, 1]);
  });

  it('answers all results of parallel calls', async () => {
    const { openai } = await startVendors();
    const request = { model: 'parallel-tools', tools: declare('one', 'two') };
    const { choices } = await openai.chat.completions.create({ ...request, messages: ask('Go') });
    const { message } = choices[0]!;
    const results = (message.tool_calls ?? []).map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `result ${index}`,
    }));

    const next = await openai.chat.completions.create({ ...request, messages: [...ask('Go'), message, ...results] });

    expect(next.choices[0]?.message.content).toBe('result 0\nresult 1');
  });

  it.each([
    ['refusal', { finish_reason: 'stop', message: { content: null, refusal: 'I cannot help with that.' } }],
    ['filtered', { finish_reason: 'content_filter', message: { content: 'one' } }],
    ['stop', { finish_reason: 'stop', message: { content: 'one ' } }],
    [
      'citations',
      { message: { annotations: [{ url_citation: { url: 'https://example.com/source', end_index: 4 } }] } },
    ],
  ])('of the model %s is the same whole and streamed', async (model, expected) => {
    const { openai } = await startVendors();
    const request = { model, messages: ask('one two'), stop: 'two' };

    const whole = await openai.chat.completions.create(request);
    const { choices } = await openai.chat.completions.stream(request).finalChatCompletion();

    expect(whole.choices).toMatchObject([expected]);
    expect(choices[0]).toMatchObject({ finish_reason: whole.choices[0]?.finish_reason });
    expect(choices[0]?.message.refusal ?? null).toBe(whole.choices[0]?.message.refusal ?? null);
  });

  it('parses as the structured output that was asked for', async () => {
    const { openai } = await startVendors();
    const schema = z.object({ city: z.string(), days: z.int() });
    const request = { model: 'structured', messages: ask('hi') };

    const parsed = await openai.chat.completions.parse({
      ...request,
      response_format: zodResponseFormat(schema, 'weather'),
    });
    const unasked = openai.chat.completions.create(request);

    expect(parsed.choices[0]?.message.parsed).toEqual(weatherArguments);
    await expect(unasked).rejects.toMatchObject({ status: 400, param: 'response_format' });
  });

  it('describes images and files', async () => {
    const { openai } = await startVendors();
    const content: OpenAI.ChatCompletionContentPart[] = [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'file', file: { file_data: `data:application/pdf;base64,${btoa('%PDF')}`, filename: 'a.pdf' } },
    ];
    const describeWith = async (model: string) => {
      const { choices } = await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] });
      return (choices[0]?.message.content ?? '').split('\n');
    };

    const images = await describeWith('vision');
    const files = await describeWith('document');

    expect(images).toEqual([expect.stringMatching(pixelDescription), 'image 2: https://example.com/a.png']);
    expect(files).toEqual([expect.stringMatching(/^document 1: application\/pdf, 4 bytes, .*, name a.pdf$/)]);
  });

  it('has a log probability for each token where asked, whole or streamed', async () => {
    const { openai } = await startVendors();
    const request = { model: 'echo', messages: ask('one two'), logprobs: true, top_logprobs: 2 };

    const whole = await openai.chat.completions.create(request);
    const chunks = await collect(await openai.chat.completions.create({ ...request, stream: true }));

    const content = [{ token: 'one', top_logprobs: [{ token: 'one' }, {}] }, { token: ' two' }];
    expect(whole.choices[0]?.logprobs?.content).toMatchObject(content);
    expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? [])).toMatchObject(content);
  });

  it('wants its reasoning back only from a strict model', async () => {
    const { openai } = await startVendors();
    const tools = declare('one');
    const { choices } = await openai.chat.completions.create({ model: 'reasoning', messages: ask('Go'), tools });
    const { message } = choices[0]!;
    const result = { role: 'tool' as const, tool_call_id: message.tool_calls?.[0]?.id ?? '', content: '21 degrees' };
    const { reasoning_content: _, ...forgotten } = message as typeof message & { reasoning_content?: string };
    const answerTo = (model: string, assistant: OpenAI.ChatCompletionMessageParam) =>
      openai.chat.completions.create({ model, messages: [...ask('Go'), assistant, result], tools });

    const kept = await answerTo('reasoning?strict=1', message);
    const lenient = await answerTo('reasoning', forgotten);
    const strict = answerTo('reasoning?strict=1', forgotten);

    expect([kept, lenient].map((completion) => completion.choices[0]?.message.content)).toEqual([
      '21 degrees',
      '21 degrees',
    ]);
    await expect(strict).rejects.toThrow("Missing 'reasoning_content'");
  });
});

describe('OpenAI refuses', () => {
  const call = {
    role: 'assistant',
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
  };
  const result = { role: 'tool', tool_call_id: 'a', content: 'x' };
  const tool = (parameters: object) => ({ type: 'function', function: { name: 'f', strict: true, parameters } });
  const long = 'a'.repeat(65);

  it.each([
    ['an unknown member', { top_k: 5 }, 'top_k'],
    [
      'an unknown member of a message',
      { messages: [{ role: 'user', content: 'hi', cache: true }] },
      'messages.0.cache',
    ],
    ['a result without its call', { messages: [...ask('a'), result] }, 'messages.1.tool_call_id'],
    ['a call without its result', { messages: [...ask('a'), call, ...ask('b')] }, 'messages.[2].role'],
    ['a call that nothing follows', { messages: [...ask('a'), call] }, 'messages.[2].role'],
    [
      'an id of more than 64 characters',
      { messages: [...ask('a'), call, { ...result, tool_call_id: long }] },
      'messages.2.tool_call_id',
    ],
    ['an empty list of tools', { tools: [] }, 'tools'],
    ['a choice of no tools', { tool_choice: 'auto' }, 'tool_choice'],
    [
      'a strict tool that is not closed',
      { tools: [tool({ type: 'object', properties: {} })] },
      'tools[0].function.parameters',
    ],
    [
      'a strict tool with an optional property',
      { tools: [tool({ type: 'object', properties: { a: {} }, required: [], additionalProperties: false })] },
      'tools[0].function.parameters',
    ],
    ['alternatives without log probabilities', { top_logprobs: 2 }, 'top_logprobs'],
    ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    [
      'an image that is none',
      {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:text/plain;base64,YQ==' } }] },
        ],
      },
      'messages[0].content[0].image_url.url',
    ],
  ])('%s', async (_, body, param) => {
    const { url } = await startVendors();

    const response = await postJson(`${url}/v1/chat/completions`, { model: 'echo', messages: ask('hi'), ...body });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });
});
