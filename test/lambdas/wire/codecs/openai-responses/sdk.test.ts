import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { createAssembler } from '../../../../../lambdas/wire/canonical/assemble.ts';
import type { AssistantPart } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalResponse, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { openaiResponsesCodec as codec } from '../../../../../lambdas/wire/codecs/openai-responses/codec.ts';

const usage = {
  inputTokens: 5,
  cacheReadInputTokens: 4,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 7,
  reasoningTokens: 3,
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Answers every request with the same answer, whole or in pieces as the client asks for it. */
async function clientOf(content: readonly AssistantPart[], readings: readonly Reading[]): Promise<OpenAI> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = JSON.parse(Buffer.concat(chunks).toString());
      const context = { requestId: 'req_01ABC', createdAt: 1, model: 'm', includeUsage: true, request };
      if (request.stream !== true) {
        const response: CanonicalResponse = { choices: [{ content, finishReason: 'tool_calls' }], usage };
        outgoing.setHeader('content-type', 'application/json');
        outgoing.end(JSON.stringify(codec.encodeResponse(response, context)));
        return;
      }
      const encoder = codec.createStreamEncoder(context);
      const assembler = createAssembler('req_01ABC');
      outgoing.setHeader('content-type', 'text/event-stream');
      for (const event of readings.flatMap((reading) => assembler.read(reading))) outgoing.write(encoder.encode(event));
      outgoing.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
}

const choice = 0;
const content: readonly AssistantPart[] = [
  { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'sig' } },
  { type: 'text', text: '{"tree":"oak"}' },
  { type: 'tool-call', id: 'c1', name: 'look', arguments: '{"a":1}' },
  { type: 'tool-call', id: 'c2', name: 'patch', arguments: '{"input":"x"}' },
];
const readings: readonly Reading[] = [
  { type: 'start' },
  { type: 'reasoning', choice, text: 'H' },
  { type: 'reasoning', choice, text: 'm' },
  { type: 'state', choice, of: 'reasoning', state: { origin: 'anthropic', value: 'sig' } },
  { type: 'text', choice, text: '{"tree"' },
  { type: 'text', choice, text: ':"oak"}' },
  { type: 'tool-call', choice, key: 0, id: 'c1', name: 'look' },
  { type: 'tool-arguments', choice, key: 0, text: '{"a"' },
  { type: 'tool-arguments', choice, key: 0, text: ':1}' },
  { type: 'tool-call', choice, key: 1, id: 'c2', name: 'patch' },
  { type: 'tool-arguments', choice, key: 1, text: '{"input":"x"}' },
  { type: 'usage', usage },
  { type: 'finish', choice, reason: 'tool_calls' },
  { type: 'end' },
];

const request = {
  model: 'm',
  input: 'Hi',
  tools: [
    { type: 'function', name: 'look', parameters: { type: 'object' }, strict: true },
    { type: 'custom', name: 'patch' },
  ],
  text: { format: { type: 'json_schema', name: 'tree', schema: { type: 'object' }, strict: true } },
} satisfies OpenAI.Responses.ResponseCreateParams;

const expected = {
  status: 'completed',
  output_text: '{"tree":"oak"}',
  output_parsed: { tree: 'oak' },
  output: [
    { type: 'reasoning', summary: [{ text: 'Hm' }], encrypted_content: 'gh1.anthropic.sig' },
    { type: 'message', content: [{ text: '{"tree":"oak"}' }] },
    { type: 'function_call', call_id: 'c1', arguments: '{"a":1}', parsed_arguments: { a: 1 } },
    { type: 'custom_tool_call', call_id: 'c2', input: 'x' },
  ],
  usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 4 }, output_tokens: 7, total_tokens: 16 },
};

describe("OpenAI's SDK", () => {
  test('parses a whole response', async () => {
    const client = await clientOf(content, readings);

    const response = await client.responses.parse(request);

    expect(response).toMatchObject(expected);
  });

  test('follows a stream to its final response', async () => {
    const client = await clientOf(content, readings);
    const stream = client.responses.stream(request);
    const snapshots: string[] = [];
    stream.on('response.output_text.delta', ({ snapshot }) => snapshots.push(snapshot));

    const response = await stream.finalResponse();

    expect(response).toMatchObject(expected);
    expect(snapshots).toEqual(['{"tree"', '{"tree":"oak"}']);
  });

  test('adds the pieces of a stream up to what its last event repeats', async () => {
    const client = await clientOf(content, readings);
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];

    for await (const event of await client.responses.create({ ...request, stream: true })) events.push(event);

    const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
    const last = events.at(-1);
    expect(last?.type === 'response.completed' && last.response.output).toEqual(done);
  });

  test('sends back what the codec reads as the same turn', async () => {
    const client = await clientOf(content, readings);
    const response = await client.responses.create(request);

    const outputs = [
      { type: 'function_call_output', call_id: 'c1', output: 'found' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'done' },
    ] as const;
    const input = [{ role: 'user', content: 'Hi' } as const, ...response.output, ...outputs];
    const { messages } = codec.decodeRequest({ ...request, input }, { stream: false });

    expect(messages[1]?.content).toMatchObject(content);
    expect(messages[2]?.content).toMatchObject([{ name: 'look' }, { name: 'patch' }]);
  });
});
