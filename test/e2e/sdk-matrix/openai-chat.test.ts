import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { ask, collect } from '../../fixtures/simulated-clients.ts';
import { failureOf, getGeneration } from '../lab.ts';
import { pdfBase64, pngBase64, pngDescription } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();
const chat = (): OpenAI.Chat.Completions => matrix.gatehouse.openai.chat.completions;

describe.each(upstreams)('chat completions of a provider that speaks $protocol', ({ name, model }) => {
  const textOf = (chunks: readonly OpenAI.ChatCompletionChunk[]): string =>
    chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  const reasonsOf = (chunks: readonly OpenAI.ChatCompletionChunk[]) =>
    chunks.flatMap(({ choices }) => choices.flatMap(({ finish_reason: reason }) => reason ?? []));

  it('come in one piece, counted and charged', async () => {
    const { data, response, request_id } = await chat()
      .create({
        model: model('echo'),
        messages: ask('Hello from the other side'),
      })
      .withResponse();

    expect(data.choices).toHaveLength(1);
    expect(data.choices[0]).toMatchObject({
      index: 0,
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'Hello from the other side', refusal: null },
    });
    expect(data).toMatchObject({ object: 'chat.completion', id: expect.stringMatching(/^chatcmpl-./) });
    expect(data.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 });
    expect(response.headers.get('x-gatehouse-provider')).toBe(name);
    expect(await getGeneration(matrix.gatehouse, request_id)).toMatchObject({ cost_micro_usd: 7 + 2 * 5 });
  });

  it('stream under one id, with one finish reason and no usage', async () => {
    const stream = await chat().create({ model: model('echo'), messages: ask('one two three'), stream: true });

    const chunks = await collect(stream);

    expect(textOf(chunks)).toBe('one two three');
    expect(chunks.length).toBeGreaterThanOrEqual(4);
    expect(reasonsOf(chunks)).toEqual(['stop']);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.filter((chunk) => 'usage' in chunk || chunk.choices.length === 0)).toEqual([]);
  });

  it('tell the usage at the end of a stream that asks for it, cached tokens included', async () => {
    const stream = await chat().create({
      model: model('echo?input=100&cacheRead=40&output=9'),
      messages: ask('one two'),
      stream: true,
      stream_options: { include_usage: true },
    });

    const chunks = await collect(stream);

    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 140,
        completion_tokens: 9,
        total_tokens: 149,
        prompt_tokens_details: { cached_tokens: 40 },
      },
    });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('count cached tokens once and charge them at their own price', async () => {
    const { data, request_id } = await chat()
      .create({
        model: model('echo?input=100&cacheRead=40&output=9'),
        messages: ask('one two'),
      })
      .withResponse();

    expect(data.usage).toMatchObject({ prompt_tokens: 140, prompt_tokens_details: { cached_tokens: 40 } });
    expect(await getGeneration(matrix.gatehouse, request_id)).toMatchObject({
      cost_micro_usd: 100 + 40 / 4 + 2 * 9,
    });
  });

  it('take instructions and all earlier turns along', async () => {
    const answer = await chat().create({
      model: model('echo'),
      messages: [
        { role: 'system', content: 'You are a parrot.' },
        { role: 'user', content: 'First question' },
        { role: 'assistant', content: 'First answer' },
        { role: 'user', content: 'Second question' },
      ],
    });

    expect(answer.choices[0]?.message.content).toBe('Second question');
    // The simulated provider counts what it was told: 17 + 14 + 12 + 15 characters.
    expect(answer.usage?.prompt_tokens).toBe(15);
    expect(systemOf(matrix.lastBody())).toContain('You are a parrot.');
  });

  it('describe an image that comes in base64', async () => {
    const answer = await chat().create({
      model: model('vision'),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pngBase64}` } },
          ],
        },
      ],
    });

    expect(answer.choices[0]?.message.content).toBe(pngDescription);
  });

  it('describe an image by its URL, or say why not', async () => {
    const url = 'https://example.com/cat.png';
    const call = chat().create({
      model: model('vision'),
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });

    if (name === 'bedrock') {
      const error = await failureOf(call, OpenAI.BadRequestError);
      expect(error).toMatchObject({ code: 'parameter_not_supported', param: 'messages[0].content[0]' });
      expect(error.message).toContain('base64');
    } else expect((await call).choices[0]?.message.content).toBe(`image 1: ${url}`);
  });

  it('read a document', async () => {
    const answer = await chat().create({
      model: model('document'),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Sum it up.' },
            {
              type: 'file',
              file: { filename: 'report.pdf', file_data: `data:application/pdf;base64,${pdfBase64}` },
            },
          ],
        },
      ],
    });

    expect(answer.choices[0]?.message.content).toMatch(/^document 1: application\/pdf, 45 bytes, sha256 /);
  });

  it('end at a stop sequence', async () => {
    const request = { model: model('stop'), messages: ask('one two STOP three'), stop: ['STOP'] };

    if (name === 'responses') {
      const error = await failureOf(chat().create(request), OpenAI.BadRequestError);
      expect(error).toMatchObject({ code: 'parameter_not_supported', param: 'stop' });
      const { data, response } = await chat().create(request, { headers: dropping }).withResponse();
      expect(data.choices[0]?.message.content).toBe('one two STOP three');
      expect(response.headers.get('x-gatehouse-dropped')).toBe('stop');
    } else {
      const answer = await chat().create(request);
      expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'one two ' } });
    }
  });

  it('end where the tokens do, whole and streamed', async () => {
    const request = { model: model('long'), messages: ask('many words'), max_completion_tokens: 20 };

    const whole = await chat().create(request);
    const chunks = await collect(await chat().create({ ...request, stream: true }));

    expect(whole.choices[0]?.finish_reason).toBe('length');
    expect(whole.usage?.completion_tokens).toBe(20);
    expect(reasonsOf(chunks)).toEqual(['length']);
    expect(textOf(chunks)).toBe(whole.choices[0]?.message.content);
  });

  it('refuse in the member for refusals, whole and streamed', async () => {
    const request = { model: model('refusal'), messages: ask('How do I?') };

    const whole = await chat().create(request);
    const streamed = await chat().stream(request).finalChatCompletion();

    for (const { choices } of [whole, streamed]) {
      const [choice] = choices;
      // Google and Bedrock have no words for it but their filter's.
      const filtered = name === 'gemini' || name === 'bedrock';
      expect(choice?.finish_reason).toBe(filtered ? 'content_filter' : 'stop');
      expect(choice?.message.refusal ?? null).toBe(filtered ? null : 'I cannot help with that.');
    }
  });

  it('name the field that the provider cannot take', async () => {
    const request = { model: model('echo'), messages: ask('hi'), n: 2 };

    if (name === 'chat' || name === 'gemini') {
      const answer = await chat().create(request);
      expect(answer.choices.map(({ index, message }) => [index, message.content])).toEqual([
        [0, 'hi'],
        [1, 'hi'],
      ]);
    } else {
      const error = await failureOf(chat().create(request), OpenAI.BadRequestError);
      expect(error).toMatchObject({ code: 'parameter_not_supported', param: 'n' });
      const { data, response } = await chat().create(request, { headers: dropping }).withResponse();
      expect(data.choices).toHaveLength(1);
      expect(response.headers.get('x-gatehouse-dropped')).toBe('n');
    }
  });

  it('give log probabilities, or say that there are none', async () => {
    const request = { model: model('echo'), messages: ask('hi there'), logprobs: true, top_logprobs: 2 };

    if (name === 'anthropic' || name === 'bedrock') {
      const error = await failureOf(chat().create(request), OpenAI.BadRequestError);
      expect(error).toMatchObject({ code: 'parameter_not_supported', param: 'logprobs' });
      const { response } = await chat().create(request, { headers: dropping }).withResponse();
      expect(response.headers.get('x-gatehouse-dropped')).toBe('logprobs');
    } else {
      const answer = await chat().create(request);
      const tokens = answer.choices[0]?.logprobs?.content ?? [];
      expect(tokens.map(({ token, top_logprobs: top }) => [token, top.length])).toEqual([
        ['hi', 2],
        [' there', 2],
      ]);
    }
  });

  it('name the field of a malformed request', async () => {
    const messages = [{ role: 'user', content: [{ type: 'hologram' }] }] as never;

    const error = await failureOf(chat().create({ model: model('echo'), messages }), OpenAI.BadRequestError);

    expect(error.status).toBe(400);
    expect(error.param).toMatch(/^messages[.[]0/);
  });

  it.each([
    ['overloaded', /^(?:429|503)$/],
    ['failing', /^502$/],
  ] as const)('fail as the SDK expects when the model is %s', async (simulated, status) => {
    const request = { model: model(simulated), messages: ask('hi') };

    const whole = await failureOf(chat().create(request), OpenAI.APIError);
    const streamed = await failureOf(chat().create({ ...request, stream: true }), OpenAI.APIError);

    for (const error of [whole, streamed]) {
      expect(String(error.status)).toMatch(status);
      expect(error.headers?.get('x-should-retry')).toBe('true');
      expect(error.requestID).toMatch(/^req_/);
    }
  });

  it('raise what goes wrong in the middle of a stream, after the words before it', async () => {
    const stream = await chat().create({ model: model('failing-midstream'), messages: ask('hi'), stream: true });
    const chunks: OpenAI.ChatCompletionChunk[] = [];

    const error = await failureOf(collect(stream, chunks), OpenAI.APIError);

    expect(textOf(chunks)).toBe('hi hi hi');
    expect(reasonsOf(chunks)).toEqual([]);
    expect(error).toMatchObject({ code: expect.stringMatching(/^provider_/) });
  });
});

const dropping = { 'x-gatehouse-drop-unsupported': 'true' };

/** What a provider was told before the conversation, wherever its protocol has it. */
function systemOf({ system, systemInstruction, messages, input }: Record<string, unknown>): string {
  const turns = messages ?? input;
  return JSON.stringify(system ?? systemInstruction ?? (Array.isArray(turns) ? turns[0] : undefined));
}
