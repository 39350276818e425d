import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CanonicalRequest } from '../../../../../lambdas/wire/canonical/request.ts';
import { bedrockConverseCodec } from '../../../../../lambdas/wire/codecs/bedrock-converse/codec.ts';
import { frame } from './event-stream-fixture.ts';
import { claude, hello, strict } from './request-fixtures.ts';

/** AWS's own client is the oracle of the wire: what it sends and how it reads what the other tests take for an answer. */
let server: Http2Server;
let client: BedrockRuntimeClient;
let sent: unknown;
const answered = { output: { message: { role: 'assistant', content: [] } }, stopReason: 'end_turn' };
const events = [
  frame('messageStart', { role: 'assistant' }),
  frame('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { redactedContent: 'YWJj' } } }),
  frame('contentBlockStart', { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'look' } } }),
  frame('contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '{}' } } }),
  frame('contentBlockStop', { contentBlockIndex: 1 }),
  frame('messageStop', { stopReason: 'tool_use' }),
  frame('metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 }, metrics: { latencyMs: 1 } }),
];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      sent = JSON.parse(Buffer.concat(chunks).toString());
      const isStream = request.url.endsWith('/converse-stream');
      response.setHeader('content-type', isStream ? 'application/vnd.amazon.eventstream' : 'application/json');
      response.end(isStream ? Buffer.concat(events) : JSON.stringify(answered));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  client = new BedrockRuntimeClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
  });
});

afterAll(async () => {
  client.destroy();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

const bytes = Buffer.from('hello');
const data = bytes.toString('base64');
const schema = { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false };

test("sends what AWS's own client sends", async () => {
  const request: CanonicalRequest = {
    ...hello,
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.', cache: { ttl: '1h' } }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data } },
          { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data }, citations: true },
          { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data } },
          { type: 'video', source: { kind: 'url', url: 's3://bucket/a.mp4' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'EqQB' } },
          { type: 'redacted-reasoning', state: { origin: 'bedrock', value: data } },
          { type: 'tool-call', id: 'call_1', name: 'look', arguments: '{"a":1}' },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool-result',
            callId: 'call_1',
            name: 'look',
            isError: true,
            content: [{ type: 'text', text: 'No' }],
          },
        ],
      },
    ],
    tools: [{ name: 'look', parameters: schema, strict: true }],
    toolChoice: { kind: 'tool', name: 'look' },
    outputFormat: { kind: 'json-schema', schema, name: 'answer' },
    reasoning: { effort: 'high' },
    sampling: { topP: 0.95, stopSequences: ['END'] },
  };

  await client.send(
    new ConverseCommand({
      modelId: claude.model,
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [
        {
          role: 'user',
          content: [
            { text: 'Look' },
            { image: { format: 'png', source: { bytes } } },
            { document: { format: 'pdf', name: 'Document', source: { bytes }, citations: { enabled: true } } },
            { audio: { format: 'wav', source: { bytes } } },
            { video: { format: 'mp4', source: { s3Location: { uri: 's3://bucket/a.mp4' } } } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: 'EqQB' } } },
            { reasoningContent: { redactedContent: bytes } },
            { toolUse: { toolUseId: 'call_1', name: 'look', input: { a: 1 } } },
          ],
        },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 'call_1', content: [{ text: 'No' }], status: 'error' } }],
        },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'look', inputSchema: { json: schema }, strict: true } }],
        toolChoice: { tool: { name: 'look' } },
      },
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'answer' } },
        },
        effort: 'high',
      },
      inferenceConfig: { maxTokens: 4096, topP: 0.95, stopSequences: ['END'] },
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    }),
  );

  expect(bedrockConverseCodec.encodeRequest(request, claude, strict())).toEqual(sent);
});

test("streams are framed and named as AWS's own client expects them", async () => {
  const { stream } = await client.send(
    new ConverseStreamCommand({ modelId: claude.model, messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }),
  );

  const members: string[] = [];
  for await (const event of stream ?? []) members.push(...Object.keys(event));

  expect(members).toEqual([
    'messageStart',
    'contentBlockDelta',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
  ]);
});
