import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ask, collect } from '../../fixtures/simulated-clients.ts';
import { failureOf } from '../lab.ts';
import { pdfBase64, pngBase64, pngDescription } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();
const anthropic = (): Anthropic => matrix.gatehouse.anthropic;
const dropUnsupported = { headers: { 'x-gatehouse-drop-unsupported': 'true' } };

describe.each(upstreams)('Anthropic’s client before a provider that speaks $protocol', ({ name, protocol, model }) => {
  const translated = protocol !== 'anthropic-messages';
  const max_tokens = 1000;

  it('gets a whole answer, and its cost', async () => {
    const { data, response, request_id } = await anthropic()
      .messages.create({ model: model('echo?input=100&output=50'), max_tokens, messages: ask('Hello from Claude') })
      .withResponse();

    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello from Claude' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 50 },
    });
    expect(data.id).toMatch(/^msg_/);
    expect(request_id).toMatch(/^req_/);
    expect(response.headers.get('x-gatehouse-provider')).toBe(name);
    expect(response.headers.get('x-gatehouse-cost-micro-usd')).toBe('200');
  });

  it('gets a streamed answer, event by event in the order of the protocol', async () => {
    const events = await collect(
      await anthropic().messages.create({ model: model('echo'), max_tokens, messages: ask('one two'), stream: true }),
    );

    const types = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]).toMatchObject({ message: { content: [], stop_reason: null, role: 'assistant' } });
  });

  it('assembles a stream with its own helper', async () => {
    const texts: string[] = [];
    const stream = anthropic()
      .messages.stream({ model: model('echo?input=100&output=50'), max_tokens, messages: ask('one two three') })
      .on('text', (text) => texts.push(text));

    const message = await stream.finalMessage();

    expect(texts.join('')).toBe('one two three');
    expect(texts.length).toBeGreaterThan(1);
    expect(await stream.finalText()).toBe('one two three');
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      usage: {
        input_tokens: 100,
        output_tokens: 50,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
      },
    });
  });

  it('passes the system prompt and earlier turns on', async () => {
    await anthropic().messages.create({
      model: model('echo'),
      max_tokens,
      system: 'You are terse.',
      messages: [...ask('first question'), { role: 'assistant', content: 'first answer' }, ...ask('second question')],
    });

    const sent = JSON.stringify(matrix.lastBody());
    expect(sent).toContain('You are terse.');
    expect(sent).toMatch(/first question.*first answer.*second question/);
  });

  it('is told that the answer was cut at max_tokens', async () => {
    // OpenAI's responses take no smaller one.
    const words = Array.from({ length: 20 }, (_, index) => `word${index}`);
    const asked = { model: model('echo'), max_tokens: 16, messages: ask(words.join(' ')) };

    const whole = await anthropic().messages.create(asked);
    const streamed = await anthropic().messages.stream(asked).finalMessage();

    for (const message of [whole, streamed]) {
      expect(message.stop_reason).toBe('max_tokens');
      expect(message.content).toMatchObject([{ type: 'text', text: words.slice(0, 16).join(' ') }]);
    }
  });

  it('stops at a stop sequence, or is told that it cannot', async () => {
    const asked = { model: model('stop'), max_tokens, messages: ask('one END two'), stop_sequences: ['END'] };
    if (protocol === 'openai-responses') {
      const refusal = await failureOf(anthropic().messages.create(asked), Anthropic.BadRequestError);
      const { data, response } = await anthropic().messages.create(asked, dropUnsupported).withResponse();

      expect(messageOf(refusal)).toContain('"stop_sequences" cannot be sent');
      expect(data).toMatchObject({ content: [{ text: 'one END two' }] });
      expect(response.headers.get('x-gatehouse-dropped')).toBe('stop_sequences');
      return;
    }

    const whole = await anthropic().messages.create(asked);
    const streamed = await anthropic().messages.stream(asked).finalMessage();

    for (const message of [whole, streamed]) {
      expect(message.content).toMatchObject([{ type: 'text', text: 'one ' }]);
      // OpenAI and Google do not tell a stop sequence from the end of the answer.
      const told = protocol === 'anthropic-messages' || protocol === 'bedrock-converse';
      expect(message.stop_reason).toBe(told ? 'stop_sequence' : 'end_turn');
      expect(message.stop_sequence).toBe(told ? 'END' : null);
    }
  });

  it('is told that the model refuses', async () => {
    const asked = { model: model('refusal'), max_tokens, messages: ask('Something bad') };

    const whole = await anthropic().messages.create(asked);
    const streamed = await anthropic().messages.stream(asked).finalMessage();

    for (const message of [whole, streamed]) expect(message.stop_reason).toBe('refusal');
  });

  it('sees an image and a document arrive whole', async () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pngBase64 } } as const;
    const document = {
      type: 'document',
      title: 'Paper',
      source: { type: 'base64', media_type: 'application/pdf', data: pdfBase64 },
    } as const;
    const text = { type: 'text', text: 'What is it?' } as const;
    const show = async (simulated: string, content: Anthropic.ContentBlockParam[]) => {
      const asked = { model: model(simulated), max_tokens, messages: [{ role: 'user' as const, content }] };
      return textOf(await anthropic().messages.create(asked));
    };

    const seen = await show('vision', [image, text]);
    const read = await show('document', [document, text]);

    expect(seen).toBe(pngDescription);
    expect(read).toMatch(/^document 1: application\/pdf, 45 bytes, sha256 [0-9a-f]{12}/);
    // Gemini's own service takes no names: https://ai.google.dev/api/caching#Blob
    if (protocol !== 'gemini') expect(read).toContain('name Paper');
  });

  it('gets the links of an image through, or is told that they cannot be', async () => {
    const source = { type: 'url', url: 'https://example.com/cat.png' } as const;
    const content = [
      { type: 'image', source },
      { type: 'text', text: 'What is it?' },
    ] as const;
    const answer = anthropic().messages.create({
      model: model('vision'),
      max_tokens,
      messages: [{ role: 'user', content: [...content] }],
    });

    if (protocol === 'bedrock-converse') {
      const refusal = await failureOf(answer, Anthropic.BadRequestError);
      expect(messageOf(refusal)).toContain('"messages[0].content[0]" cannot be sent');
      return;
    }
    expect(textOf(await answer)).toBe('image 1: https://example.com/cat.png');
  });

  it('parses structured output', async () => {
    const weather = z.object({
      city: z.string(),
      days: z.array(z.object({ high: z.number(), sky: z.enum(['clear']) })),
    });
    const asked = {
      model: model('structured'),
      max_tokens,
      messages: ask('The weather, please'),
      output_config: { format: zodOutputFormat(weather) },
    };

    const whole = await anthropic().messages.parse(asked);
    const streamed = await anthropic().messages.stream(asked).finalMessage();

    for (const message of [whole, streamed]) {
      expect(message.parsed_output).toEqual({ city: 'sample city', days: [{ high: 1, sky: 'clear' }] });
    }
  });

  it('reads what was written to and read from a cache', async () => {
    const cached: Anthropic.TextBlockParam[] = [
      { type: 'text', text: `${name} `.repeat(400), cache_control: { type: 'ephemeral' } },
    ];
    const asked = { model: model('echo'), max_tokens, system: cached, messages: ask('hi') };

    await anthropic().messages.create(asked);
    const whole = await anthropic().messages.create(asked);
    const streamed = await anthropic().messages.stream(asked).finalMessage();

    const read = Math.ceil((name.length + 1) * 100);
    for (const { usage } of [whole, streamed]) {
      expect(usage).toMatchObject({ input_tokens: 1, cache_read_input_tokens: read, output_tokens: 1 });
    }
  });

  it('has the betas of its header stay where they mean something', async () => {
    await anthropic().beta.messages.create({
      model: model('echo'),
      max_tokens,
      messages: ask('hi'),
      betas: ['some-beta-2026-01-01'],
    });

    const beta = matrix.received.at(-1)?.headers['anthropic-beta'];
    expect(beta).toBe(translated ? undefined : 'some-beta-2026-01-01');
  });

  it('counts tokens where the provider can', async () => {
    const count = anthropic().messages.countTokens({ model: model('echo?input=123'), messages: ask('Count me') });

    if (protocol === 'openai-chat' || protocol === 'bedrock-converse') {
      const refusal = await failureOf(count, Anthropic.BadRequestError);
      expect(refusal.error).toMatchObject({ error: { code: 'protocol_not_supported' } });
      return;
    }
    expect(await count).toEqual({ input_tokens: 123 });
  });

  it.each([
    // Bedrock's word for it is a bad request.
    ['unheard-of', protocol === 'bedrock-converse' ? Anthropic.BadRequestError : Anthropic.NotFoundError],
    // What vendors call too busy is 429 with some and 503 or 529 with others.
    [
      'overloaded',
      protocol === 'gemini' || protocol === 'anthropic-messages'
        ? Anthropic.InternalServerError
        : Anthropic.RateLimitError,
    ],
    ['failing', Anthropic.InternalServerError],
  ])('raises its own error for the model %s', async (simulated, kind) => {
    const asked = { model: model(simulated), max_tokens, messages: ask('hi') };

    const whole = await failureOf(anthropic().messages.create(asked), kind);
    const streamed = await failureOf(anthropic().messages.stream(asked).finalMessage(), kind);

    for (const failure of [whole, streamed]) {
      expect(failure.error).toMatchObject({ type: 'error', error: { type: expect.stringMatching(/_error$/) } });
    }
  });

  it('raises an error that names the member at fault', async () => {
    const messages = [{ role: 'user', content: [{ type: 'text' }] }] as unknown as Anthropic.MessageParam[];

    const failure = await failureOf(
      anthropic().messages.create({ model: model('echo'), max_tokens, messages }),
      Anthropic.BadRequestError,
    );

    expect(failure.message).toMatch(/messages(?:\[0\]|\.0)\.content/);
  });

  it('raises an error for a stream that fails on the way', async () => {
    const texts: string[] = [];
    const stream = anthropic()
      .messages.stream({ model: model('failing-midstream'), max_tokens, messages: ask('one two three four') })
      .on('text', (text) => texts.push(text));

    await failureOf(stream.finalMessage(), Anthropic.APIError);

    expect(texts.join('')).toBe('one two three');
  });
});

function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** What the body of an error says to people. */
function messageOf({ error }: InstanceType<typeof Anthropic.APIError>): unknown {
  return (error as { error: { message: string } }).error.message;
}
