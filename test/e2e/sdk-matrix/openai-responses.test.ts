import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type { Response, ResponseInputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ask, collect } from '../../fixtures/simulated-clients.ts';
import { failureOf, getGeneration } from '../lab.ts';
import { pdfBase64, pngBase64, pngDescription, timeSchema, weatherArguments, weatherSchema } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();
const responses = (): OpenAI.Responses => matrix.gatehouse.openai.responses;

const weatherTool = { type: 'function', name: 'get_weather', parameters: { ...weatherSchema }, strict: true } as const;
const timeTool = { type: 'function', name: 'get_time', parameters: { ...timeSchema }, strict: true } as const;

describe.each(upstreams)('responses of a provider that speaks $protocol', ({ name, model }) => {
  it('come in one piece, counted and charged', async () => {
    const { data, response, request_id } = await responses()
      .create({ model: model('echo'), input: 'Hello from the other side' })
      .withResponse();

    expect(data).toMatchObject({ object: 'response', status: 'completed', error: null, incomplete_details: null });
    expect(data.id).toMatch(/^resp_./);
    expect(data.output_text).toBe('Hello from the other side');
    expect(data.output).toMatchObject([{ type: 'message', role: 'assistant', status: 'completed' }]);
    expect(data.usage).toMatchObject({ input_tokens: 7, output_tokens: 5, total_tokens: 12 });
    expect(response.headers.get('x-gatehouse-provider')).toBe(name);
    expect(await getGeneration(matrix.gatehouse, request_id)).toMatchObject({ cost_micro_usd: 7 + 2 * 5 });
  });

  it('stream in numbered events under one id', async () => {
    const stream = await responses().create({ model: model('echo'), input: 'one two three', stream: true });

    const events = await collect(stream);

    expect(deltasOf(events)).toBe('one two three');
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    const first = events[0];
    const last = events.at(-1);
    expect(first?.type).toBe('response.created');
    expect(last).toMatchObject({
      type: 'response.completed',
      response: { status: 'completed', usage: { output_tokens: 3 } },
    });
    expect(idOf(first)).toBe(idOf(last));
    expect(events.filter(({ type }) => type === 'response.output_text.delta').length).toBeGreaterThanOrEqual(3);
  });

  it('are put together by the SDK from a stream', async () => {
    const stream = responses().stream({ model: model('echo?input=100&cacheRead=40&output=9'), input: 'one two' });

    const answer = await stream.finalResponse();

    expect(answer.output_text).toBe('one two');
    expect(answer.usage).toMatchObject({
      input_tokens: 140,
      input_tokens_details: { cached_tokens: 40 },
      output_tokens: 9,
      total_tokens: 149,
    });
  });

  it('take instructions and all earlier turns along', async () => {
    const answer = await responses().create({
      model: model('echo'),
      instructions: 'You are a parrot.',
      input: [
        { role: 'user', content: 'First question' },
        { role: 'assistant', content: 'First answer' },
        { role: 'user', content: [{ type: 'input_text', text: 'Second question' }] },
      ],
    });

    expect(answer.output_text).toBe('Second question');
    // The simulated provider counts what it was told: 17 + 14 + 12 + 15 characters.
    expect(answer.usage?.input_tokens).toBe(15);
    expect(JSON.stringify(matrix.lastBody())).toContain('You are a parrot.');
  });

  it('describe images and documents', async () => {
    const url = `data:image/png;base64,${pngBase64}`;
    const file = { filename: 'report.pdf', file_data: `data:application/pdf;base64,${pdfBase64}` };
    const text = { type: 'input_text', text: 'What is this?' } as const;

    const seen = await responses().create({
      model: model('vision'),
      input: [{ role: 'user', content: [text, { type: 'input_image', image_url: url, detail: 'auto' }] }],
    });
    const read = await responses().create({
      model: model('document'),
      input: [{ role: 'user', content: [text, { type: 'input_file', ...file }] }],
    });

    expect(seen.output_text).toBe(pngDescription);
    expect(read.output_text).toMatch(/^document 1: application\/pdf, 45 bytes, sha256 /);
  });

  it('describe an image by its URL, or say why not', async () => {
    const url = 'https://example.com/cat.png';

    const call = responses().create({
      model: model('vision'),
      input: [{ role: 'user', content: [{ type: 'input_image', image_url: url, detail: 'auto' }] }],
    });

    if (name === 'bedrock') {
      const error = await failureOf(call, OpenAI.BadRequestError);
      expect(error).toMatchObject({ code: 'parameter_not_supported', param: 'input[0].content[0]' });
      expect(error.message).toContain('base64');
    } else expect((await call).output_text).toBe(`image 1: ${url}`);
  });

  it.each([false, true])('are incomplete where the tokens end (streamed: %s)', async (streamed) => {
    const request = { model: model('long'), input: 'many words', max_output_tokens: 20 };

    const answer = streamed ? await lastOf(responses().stream(request)) : await responses().create(request);

    expect(answer).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: { output_tokens: 20 },
    });
    expect(textsOf(answer)).toMatch(/^many words many/);
  });

  it.each([false, true])('refuse in a part for refusals (streamed: %s)', async (streamed) => {
    const request = { model: model('refusal'), input: 'How do I?' };

    const answer = streamed ? await lastOf(responses().stream(request)) : await responses().create(request);

    // Google and Bedrock have no words for it but their filter's.
    if (name === 'gemini' || name === 'bedrock') {
      expect(answer).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } });
    } else {
      const parts = answer.output.flatMap((item) => (item.type === 'message' ? item.content : []));
      expect(answer.status).toBe('completed');
      expect(parts.at(-1)).toMatchObject({ type: 'refusal', refusal: 'I cannot help with that.' });
    }
  });

  it('name the field that the provider cannot take, and leave it out on request', async () => {
    const request = { model: model('echo'), input: 'hi', truncation: 'auto' } as const;

    if (name === 'responses') expect((await responses().create(request)).output_text).toBe('hi');
    else {
      const error = await failureOf(responses().create(request), OpenAI.BadRequestError);
      expect(error).toMatchObject({ code: 'parameter_not_supported', param: 'truncation' });
      const headers = { 'x-gatehouse-drop-unsupported': 'true' };
      const { data, response } = await responses().create(request, { headers }).withResponse();
      expect(data.output_text).toBe('hi');
      expect(response.headers.get('x-gatehouse-dropped')).toBe('truncation');
    }
  });

  it('refuse to continue what is not stored', async () => {
    const request = { model: model('echo'), input: 'hi', previous_response_id: 'resp_1' };

    const error = await failureOf(responses().create(request), OpenAI.BadRequestError);

    expect(error).toMatchObject({ code: 'invalid_request', param: 'previous_response_id' });
    expect(error.message).toContain('all items of the conversation in "input"');
  });

  it.each(['overloaded', 'failing'])('fail as the SDK expects when the model is %s', async (simulated) => {
    const request = { model: model(simulated), input: 'hi' };

    const whole = await failureOf(responses().create(request), OpenAI.APIError);
    const streamed = await failureOf(responses().create({ ...request, stream: true }), OpenAI.APIError);

    for (const error of [whole, streamed]) {
      expect(error.status).toSatisfy((status: number) => [429, 502, 503].includes(status));
      expect(error.headers?.get('x-should-retry')).toBe('true');
    }
  });

  it('raise what goes wrong in the middle of a stream, after the words before it', async () => {
    const stream = await responses().create({ model: model('failing-midstream'), input: 'hi', stream: true });
    const events: ResponseStreamEvent[] = [];

    const error = await failureOf(collect(stream, events), OpenAI.APIError);
    const helped = responses().stream({ model: model('failing-midstream'), input: 'hi' });
    const ofHelper = await failureOf(helped.finalResponse(), OpenAI.APIError);

    expect(deltasOf(events)).toBe('hi hi hi');
    expect(error).toMatchObject({ code: expect.stringMatching(/^provider_/) });
    expect(ofHelper.code).toBe(error.code);
  });
});

describe.each(upstreams)('tools of responses clients at a provider that speaks $protocol', ({ name, model }) => {
  it.each([false, true])('are called in parallel and answered (streamed: %s)', async (streamed) => {
    const request = { model: model('parallel-tools'), tools: [weatherTool, timeTool] };
    const input: ResponseInputItem[] = ask('Weather and time?');

    const first = await answerOf({ ...request, input }, streamed);
    const calls = callsOf(first);
    input.push(...sendBack(first), ...calls.map((call) => outputOf(call, `result of ${call.name}`)));
    const second = await answerOf({ ...request, input }, streamed);

    expect(calls.map((call) => [call.name, call.status])).toEqual([
      ['get_weather', 'completed'],
      ['get_time', 'completed'],
    ]);
    expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual(weatherArguments);
    expect(new Set(calls.map(({ call_id: id }) => id)).size).toBe(2);
    expect(second.output_text).toBe('result of get_weather\nresult of get_time');
  });

  it.each([false, true])('are answered together with the reasoning before them (streamed: %s)', async (streamed) => {
    const request = {
      model: model(name === 'chat' ? 'reasoning' : 'reasoning?strict=1'),
      tools: [weatherTool],
      include: ['reasoning.encrypted_content' as const],
      reasoning: { effort: 'low' as const, summary: 'auto' as const },
      store: false,
    };
    const input: ResponseInputItem[] = ask('How is the weather?');

    const first = await answerOf({ ...request, input }, streamed);
    const thoughts = first.output.filter((item) => item.type === 'reasoning');
    input.push(...sendBack(first), ...callsOf(first).map((call) => outputOf(call, 'rain')));
    const second = await answerOf({ ...request, input }, streamed);

    expect(thoughts).toMatchObject([{ summary: [{ text: expect.stringContaining('wants these words back') }] }]);
    expect(first.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call']);
    expect(second.output_text).toBe('rain');
  });
});

describe.each(upstreams)('structured output of responses at a provider that speaks $protocol', ({ model }) => {
  const Event = z.object({ title: z.string(), day: z.enum(['monday', 'friday']), guests: z.array(z.string()) });

  it.each([false, true])('is parsed by the SDK (streamed: %s)', async (streamed) => {
    const request = { model: model('structured'), input: 'When?', text: { format: zodTextFormat(Event, 'event') } };

    const answer = streamed ? await responses().stream(request).finalResponse() : await responses().parse(request);

    expect(answer.output_parsed).toEqual({ title: 'sample title', day: 'monday', guests: [expect.any(String)] });
  });
});

type Request = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>;
type Call = OpenAI.Responses.ResponseFunctionToolCall;

async function answerOf(request: Request, streamed: boolean): Promise<Response> {
  return streamed ? responses().stream(request).finalResponse() : responses().create(request);
}

/** The response of the last event, whatever became of it: the SDK's own `finalResponse` wants a complete one. */
async function lastOf(stream: AsyncIterable<ResponseStreamEvent>): Promise<Response> {
  const last = (await collect(stream)).at(-1);
  if (last === undefined || !('response' in last)) throw new Error('the stream ended without a response');
  return last.response;
}

function callsOf({ output }: Response): Call[] {
  return output.filter((item) => item.type === 'function_call');
}

/** Items of an answer are items of the next input, but for what the SDK's helpers add. */
function sendBack({ output }: Response): ResponseInputItem[] {
  return output.map((item) => {
    const { parsed_arguments: _, ...rest } = item as typeof item & { parsed_arguments?: unknown };
    return rest as ResponseInputItem;
  });
}

function outputOf({ call_id }: Call, output: string): ResponseInputItem {
  return { type: 'function_call_output', call_id, output };
}

function deltasOf(events: readonly ResponseStreamEvent[]): string {
  return events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
}

function textsOf({ output }: Response): string {
  const parts = output.flatMap((item) => (item.type === 'message' ? item.content : []));
  return parts.map((part) => (part.type === 'output_text' ? part.text : '')).join('');
}

function idOf(event: ResponseStreamEvent | undefined): string | undefined {
  return event !== undefined && 'response' in event ? event.response.id : undefined;
}
