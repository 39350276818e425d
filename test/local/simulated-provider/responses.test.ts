import type OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { collect, postJson } from '../../fixtures/simulated-clients.ts';
import { pixel, pixelDescription, startVendors, weatherArguments, weatherSchema } from './vendor-clients.ts';

const weather = { type: 'function', name: 'get_weather', parameters: weatherSchema, strict: true } as const;

describe('a response', () => {
  it('is the same whole and streamed, with the usage of both', async () => {
    const { openai } = await startVendors();
    const request = { model: 'echo', input: 'Hello big world', instructions: 'Be brief.' };

    const whole = await openai.responses.create(request);
    const streamed = await openai.responses.stream(request).finalResponse();

    for (const response of [whole, streamed]) {
      expect(response).toMatchObject({ object: 'response', status: 'completed', output_text: 'Hello big world' });
      expect(response.usage).toMatchObject({ input_tokens: 6, output_tokens: 3, total_tokens: 9 });
    }
  });

  it('streams numbered events in the order of the protocol', async () => {
    const { openai } = await startVendors();

    const events = await collect(await openai.responses.create({ model: 'echo', input: 'one two', stream: true }));

    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  });

  it('calls every declared function in parallel, whole or streamed', async () => {
    const { openai } = await startVendors();
    const tools = [weather, { ...weather, name: 'get_rain' }];
    const request = { model: 'parallel-tools', input: 'Go', tools };

    const whole = await openai.responses.create(request);
    const streamed = await openai.responses.stream(request).finalResponse();
    const one = await openai.responses.create({ ...request, parallel_tool_calls: false });

    for (const { output } of [whole, streamed]) {
      const calls = output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
      expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_rain']);
      expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([weatherArguments, weatherArguments]);
      expect(new Set(calls.map(({ call_id }) => call_id)).size).toBe(2);
    }
    expect(one.output).toHaveLength(1);
  });

  it('is incomplete when the maximum cuts it or the filter stops it', async () => {
    const { openai } = await startVendors();

    const cut = await openai.responses.create({ model: 'long', input: 'a', max_output_tokens: 16 });
    const filtered = await openai.responses.create({ model: 'filtered', input: 'a b c' });

    expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    expect(filtered).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } });
  });

  it('refuses in a part of its own, whole or streamed', async () => {
    const { openai } = await startVendors();
    const request = { model: 'refusal', input: 'hi' };

    const whole = await openai.responses.create(request);
    const streamed = await openai.responses.stream(request).finalResponse();

    const content = [{ type: 'refusal', refusal: 'I cannot help with that.' }];
    expect(whole.output).toMatchObject([{ type: 'message', content }]);
    expect(streamed.output).toMatchObject([{ type: 'message', content }]);
  });

  it('parses as the structured output that was asked for', async () => {
    const { openai } = await startVendors();
    const schema = z.object({ city: z.string(), days: z.int() });

    const parsed = await openai.responses.parse({
      model: 'structured',
      input: 'hi',
      text: { format: zodTextFormat(schema, 'weather') },
    });
    const unasked = openai.responses.create({ model: 'structured', input: 'hi' });

    expect(parsed.output_parsed).toEqual(weatherArguments);
    await expect(unasked).rejects.toThrow('text.format');
  });

  it('describes images and files, and cites', async () => {
    const { openai } = await startVendors();
    const content: OpenAI.Responses.ResponseInputContent[] = [
      { type: 'input_image', image_url: `data:image/png;base64,${pixel}`, detail: 'auto' },
      { type: 'input_file', file_data: `data:application/pdf;base64,${btoa('%PDF')}`, filename: 'a.pdf' },
    ];
    const ask = (model: string) => openai.responses.create({ model, input: [{ role: 'user', content }] });

    const [image, file, cited] = [await ask('vision'), await ask('document'), await ask('citations')];

    expect(image.output_text).toMatch(pixelDescription);
    expect(file.output_text).toMatch(/^document 1: application\/pdf, 4 bytes, sha256 \w{12}, name a.pdf$/);
    expect(cited.output).toMatchObject([{ content: [{ annotations: [{ type: 'url_citation', start_index: 0 }] }] }]);
  });

  it('has log probabilities where they are included', async () => {
    const { openai } = await startVendors();

    const { output } = await openai.responses.create({
      model: 'echo',
      input: 'one two',
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
    });

    expect(output).toMatchObject([
      { content: [{ logprobs: [{ token: 'one', top_logprobs: [{}, {}] }, { token: ' two' }] }] },
    ]);
  });

  it('that fails in the middle of a stream says so', async () => {
    const { openai } = await startVendors();

    const events = await collect(
      await openai.responses.create({ model: 'failing-midstream', input: 'a', stream: true }),
    );

    expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { error: { code: 'server_error' } } });
  });
});

describe('encrypted reasoning', () => {
  const request = {
    model: 'reasoning',
    store: false,
    include: ['reasoning.encrypted_content' as const],
    reasoning: { summary: 'auto' as const },
    tools: [weather],
  };

  it.each([false, true])('comes with the call and is taken back with its output (streamed: %s)', async (streamed) => {
    const { openai } = await startVendors();
    const question = { role: 'user' as const, content: 'Weather?' };
    const first = { ...request, input: [question] };
    const { output } = streamed
      ? await openai.responses.stream(first).finalResponse()
      : await openai.responses.create(first);
    const call = output.find((item) => item.type === 'function_call') as OpenAI.Responses.ResponseFunctionToolCall;
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: '21 degrees' };
    const items = output as OpenAI.Responses.ResponseInputItem[];
    const { id, call_id, name, arguments: text } = call;

    const next = await openai.responses.create({ ...request, input: [question, ...items.map(withoutParsed), result] });
    const alone = { type: 'function_call' as const, ...(id !== undefined && { id }), call_id, name, arguments: text };
    const lost = openai.responses.create({ ...request, input: [question, alone, result] });

    expect(output[0]).toMatchObject({ type: 'reasoning', summary: [{ text: expect.stringMatching(/\w/) }] });
    expect(next.output_text).toBe('21 degrees');
    await expect(lost).rejects.toThrow("without its required 'reasoning' item");
  });

  it('is refused when somebody else encrypted it, or it is missing with nothing stored', async () => {
    const { openai } = await startVendors();
    const send = (encrypted_content: string | null) =>
      openai.responses
        .create({
          ...request,
          input: [
            { role: 'user', content: 'hi' },
            { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content },
            { role: 'assistant', content: 'hi' },
            { role: 'user', content: 'again' },
          ],
        })
        .catch((reason) => reason);

    const [foreign, missing] = [await send('gAAAAforeign'), await send(null)];

    expect(foreign).toMatchObject({ status: 400, code: 'invalid_encrypted_content' });
    expect(missing).toMatchObject({ status: 404, message: expect.stringContaining('not persisted') });
  });
});

/** The stream helper adds what it parsed, which the API does not take. */
function withoutParsed(item: OpenAI.Responses.ResponseInputItem): OpenAI.Responses.ResponseInputItem {
  const { parsed_arguments: _, ...rest } = item as { parsed_arguments?: unknown };
  return rest as OpenAI.Responses.ResponseInputItem;
}

it('counts the tokens of an input', async () => {
  const { openai } = await startVendors();

  const counted = await openai.responses.inputTokens.count({ model: 'echo', input: 'twelve chars' });

  expect(counted).toMatchObject({ object: 'response.input_tokens', input_tokens: 3 });
});

describe('OpenAI refuses', () => {
  const user = { role: 'user', content: 'hi' };
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };

  it.each([
    ['an unknown member', { input: 'hi', stop: ['x'] }, 'stop'],
    [
      'a strict schema that is not closed',
      { input: 'hi', tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }] },
      'tools[0].parameters',
    ],
    [
      'an output without its call',
      { input: [user, { type: 'function_call_output', call_id: 'c', output: '' }] },
      'input',
    ],
    ['a call without its output', { input: [user, call, user] }, 'input'],
    ['a call’s id that is too long', { input: [user, { ...call, call_id: 'c'.repeat(65) }] }, 'input.1.call_id'],
    ['an item’s id of another kind', { input: [user, { ...call, id: 'x_1' }] }, 'input.1.id'],
    [
      'input text from the assistant',
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      'input.0.content.0.type',
    ],
    ['a maximum below 16', { input: 'hi', max_output_tokens: 9 }, 'max_output_tokens'],
    ['what it would have to have stored', { input: 'hi', previous_response_id: 'resp_1' }, 'previous_response_id'],
  ])('%s', async (_, body, param) => {
    const { url } = await startVendors();

    const response = await postJson(`${url}/v1/responses`, { model: 'echo', ...body });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });
});
