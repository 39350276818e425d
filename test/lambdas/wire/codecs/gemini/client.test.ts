import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GoogleGenAI } from '@google/genai';
import { afterEach, describe, expect, test } from 'vitest';
import { createAssembler } from '../../../../../lambdas/wire/canonical/assemble.ts';
import type { AnswerContext } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { CanonicalRequest } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalResponse, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { geminiCodec } from '../../../../../lambdas/wire/codecs/gemini/codec.ts';
import { gemini } from '../../../../../lambdas/wire/gemini.ts';
import { createJsonArrayForm } from '../../../../../lambdas/wire/json-array.ts';
import { parseJsonBody } from '../../../../../lambdas/wire/json-body.ts';
import type { RequestFacts } from '../../../../../lambdas/wire/protocol.ts';

/** An answer of another vendor's model, as readings; the server gives it to Google's own client. */
const readings: readonly Reading[] = [
  { type: 'start', model: 'claude' },
  { type: 'reasoning', choice: 0, text: 'Let me ' },
  { type: 'reasoning', choice: 0, text: 'see' },
  { type: 'state', choice: 0, of: 'reasoning', state: { origin: 'anthropic', value: 'EqQB' } },
  { type: 'text', choice: 0, text: 'Grüße ' },
  { type: 'text', choice: 0, text: '👋' },
  { type: 'tool-call', choice: 0, key: 0, id: 'toolu_1', name: 'weather' },
  { type: 'tool-arguments', choice: 0, key: 0, text: '{"city":' },
  { type: 'tool-arguments', choice: 0, key: 0, text: '"Köln"}' },
  { type: 'finish', choice: 0, reason: 'tool_calls' },
  {
    type: 'usage',
    usage: {
      inputTokens: 9,
      cacheReadInputTokens: 3,
      cacheWrite5mInputTokens: 0,
      cacheWrite1hInputTokens: 0,
      outputTokens: 7,
      reasoningTokens: 2,
    },
  },
];
const whole: CanonicalResponse = {
  model: 'claude',
  choices: [
    {
      content: [
        { type: 'reasoning', text: 'Let me see', state: { origin: 'anthropic', value: 'EqQB' } },
        { type: 'text', text: 'Grüße 👋' },
        { type: 'tool-call', id: 'toolu_1', name: 'weather', arguments: '{"city":"Köln"}' },
      ],
      finishReason: 'tool_calls',
    },
  ],
};

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** Just the protocol: what a request says is decoded and kept, the answer is always the same. */
async function serve() {
  const requests: CanonicalRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (piece: Buffer) => chunks.push(piece));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://localhost');
      const body = parseJsonBody(Buffer.concat(chunks));
      const facts = gemini.readRequest(body, { path: url.pathname, query: url.searchParams });
      requests.push(geminiCodec.decodeRequest(body.value, facts));
      const context = { requestId: 'req_1', createdAt: 1, model: facts.model, includeUsage: true, request: body.value };
      if (facts.stream) stream(response, context, facts.streamForm);
      else
        response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify(geminiCodec.encodeResponse(whole, context)));
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { baseUrl, requests, client: new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl } }) };
}

function stream(response: ServerResponse, context: AnswerContext, form: RequestFacts['streamForm']): void {
  const assembler = createAssembler(context.requestId);
  const encoder = geminiCodec.createStreamEncoder(context);
  const array = form === 'json-array' ? createJsonArrayForm() : undefined;
  response.setHeader('content-type', array === undefined ? 'text/event-stream' : 'application/json');
  for (const event of [...readings.flatMap((reading) => assembler.read(reading)), ...assembler.end()]) {
    const bytes = Buffer.from(encoder.encode(event));
    response.write(array === undefined ? bytes : array.data(bytes));
    response.write(array === undefined ? ': ping\n\n' : array.keepAlive());
  }
  response.end(array?.close());
}

describe('Google’s own client', () => {
  test('reads a whole answer of another vendor’s model', async () => {
    const { client } = await serve();

    const response = await client.models.generateContent({ model: 'anthropic/claude', contents: 'Weather?' });

    expect(response.text).toBe('Grüße 👋');
    expect(response.functionCalls).toEqual([{ id: 'toolu_1', name: 'weather', args: { city: 'Köln' } }]);
    expect(response).toMatchObject({ modelVersion: 'claude', responseId: 'req_1' });
  });

  test('reads a stream of one', async () => {
    const { client, requests } = await serve();

    const chunks = await collect(
      await client.models.generateContentStream({ model: 'anthropic/claude', contents: 'Weather?' }),
    );

    const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
    expect(parts.filter(({ thought }) => thought).map(({ text }) => text)).toEqual(['Let me ', 'see', '']);
    expect(
      parts
        .filter(({ thought }) => !thought)
        .map(({ text }) => text ?? '')
        .join(''),
    ).toBe('Grüße 👋');
    expect(chunks.flatMap(({ functionCalls }) => functionCalls ?? [])).toEqual([
      { id: 'toolu_1', name: 'weather', args: { city: 'Köln' } },
    ]);
    expect(chunks.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 5, totalTokenCount: 19 },
    });
    expect(requests[0]?.stream).toBe(true);
  });

  test('brings a streamed answer back in the next turn as it was, signature and call id included', async () => {
    const { client, requests } = await serve();
    const chat = client.chats.create({ model: 'anthropic/claude' });

    await collect(await chat.sendMessageStream({ message: 'Weather?' }));
    const functionResponse = { id: 'toolu_1', name: 'weather', response: { output: 'rain' } };
    await collect(await chat.sendMessageStream({ message: [{ functionResponse }] }));

    const messages = requests[1]?.messages.map(({ role, content }) => ({ role, content }));
    expect(messages).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Let me see', state: { origin: 'anthropic', value: 'EqQB' } },
          { type: 'text', text: 'Grüße 👋' },
          { type: 'tool-call', id: 'toolu_1', name: 'weather', arguments: '{"city":"Köln"}' },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool-result', callId: 'toolu_1', name: 'weather', content: [{ text: 'rain' }] }],
      },
    ]);
  });

  test('writes requests that are read completely', async () => {
    const { client, requests } = await serve();

    await client.models.generateContent({
      model: 'openai/gpt-5',
      contents: [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data: 'aGk=' } }],
      config: {
        systemInstruction: 'Be brief',
        temperature: 0.5,
        maxOutputTokens: 99,
        stopSequences: ['END'],
        thinkingConfig: { includeThoughts: true },
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object' },
        tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
      },
    });

    expect(requests[0]).toMatchObject({
      messages: [
        { role: 'system', content: [{ text: 'Be brief' }] },
        { role: 'user', content: [{ type: 'text' }, { type: 'image' }] },
      ],
      sampling: { temperature: 0.5, stopSequences: ['END'] },
      maxOutputTokens: 99,
      reasoning: { visible: true },
      outputFormat: { kind: 'json-schema' },
      tools: [{ name: 'f' }],
      untranslated: [],
    });
  });
});

test('a client without `alt=sse` gets the same chunks as one JSON array', async () => {
  const { baseUrl } = await serve();
  const ask = async (query: string): Promise<Response> =>
    fetch(`${baseUrl}/v1beta/models/m:streamGenerateContent${query}`, {
      method: 'POST',
      body: JSON.stringify({ contents: [{ parts: [{ text: 'Weather?' }] }] }),
    });

  const array = (await (await ask('')).json()) as unknown[];
  const events = await (await ask('?alt=sse')).text();

  const chunks = events.split('\n\n').filter((event) => event.startsWith('data: '));
  expect(array).toEqual(chunks.map((event): unknown => JSON.parse(event.slice('data: '.length))));
  expect(array.length).toBeGreaterThan(5);
});
