import {
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { describe, expect, it } from 'vitest';
import { encodeEventFrame } from '../../../local/simulated-provider/bedrock/event-stream.ts';
import { collect, postJson } from '../../fixtures/simulated-clients.ts';
import { pixel, pixelDescription, startVendors, weatherArguments, weatherSchema } from './vendor-clients.ts';

const user = (text: string): NonNullable<ConverseCommandInput['messages']>[number] => ({
  role: 'user',
  content: [{ text }],
});
const declare = (...names: string[]) => ({
  toolConfig: { tools: names.map((name) => ({ toolSpec: { name, inputSchema: { json: weatherSchema } } })) },
});

/** The blocks of a streamed answer, put together as an application would. */
function assemble(events: readonly ConverseStreamOutput[]): ContentBlock[] {
  const blocks: Record<number, { kind: string; text: string; signature?: string; toolUse?: object }> = {};
  for (const { contentBlockStart: start, contentBlockDelta: delta } of events) {
    const index = start?.contentBlockIndex ?? delta?.contentBlockIndex ?? -1;
    if (start?.start?.toolUse) blocks[index] = { kind: 'toolUse', text: '', toolUse: start.start.toolUse };
    if (delta?.delta === undefined) continue;
    const { text, toolUse, reasoningContent } = delta.delta;
    const block = (blocks[index] ??= { kind: reasoningContent ? 'reasoning' : 'text', text: '' });
    block.text += text ?? toolUse?.input ?? reasoningContent?.text ?? '';
    if (reasoningContent?.signature !== undefined) block.signature = reasoningContent.signature;
  }
  return Object.values(blocks).map(({ kind, text, signature, toolUse }): ContentBlock => {
    if (kind === 'reasoning') return { reasoningContent: { reasoningText: { text, signature } } };
    if (kind === 'toolUse')
      return { toolUse: { ...toolUse, input: JSON.parse(text) } as ContentBlock.ToolUseMember['toolUse'] };
    return { text };
  });
}

describe('a Converse answer', () => {
  it('is the same whole and streamed, with the usage of both', async () => {
    const { bedrock, requests } = await startVendors();
    const input = { modelId: 'anthropic.echo', messages: [user('Hello big world')], system: [{ text: 'Be brief.' }] };

    const whole = await bedrock.send(new ConverseCommand(input));
    const { stream } = await bedrock.send(new ConverseStreamCommand(input));
    const events = await collect(stream!);

    const usage = {
      inputTokens: 6,
      outputTokens: 3,
      totalTokens: 9,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
    };
    expect(whole).toMatchObject({
      output: { message: { content: [{ text: 'Hello big world' }] } },
      stopReason: 'end_turn',
      usage,
    });
    expect(assemble(events)).toEqual([{ text: 'Hello big world' }]);
    expect(events.map((event) => Object.keys(event)[0])).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(events.at(-1)).toMatchObject({ metadata: { usage } });
    expect(requests[0]).toMatchObject({ path: '/model/anthropic.echo/converse' });
  });

  it('calls every declared tool in parallel, whole or streamed', async () => {
    const { bedrock } = await startVendors();
    const input = { modelId: 'parallel-tools', messages: [user('Go')], ...declare('one', 'two') };

    const whole = await bedrock.send(new ConverseCommand(input));
    const { stream } = await bedrock.send(new ConverseStreamCommand(input));
    const streamed = assemble(await collect(stream!));

    const calls = ['one', 'two'].map((name) => ({
      toolUse: { name, input: weatherArguments, toolUseId: expect.stringMatching(/^tooluse_\w{22}$/) },
    }));
    expect(whole).toMatchObject({ stopReason: 'tool_use', output: { message: { content: calls } } });
    expect(streamed).toEqual(calls);
  });

  it.each([
    ['stop', { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }],
    ['refusal', { stopReason: 'content_filtered' }],
    ['filtered', { stopReason: 'guardrail_intervened' }],
    ['long', { stopReason: 'max_tokens' }],
  ])('of the model %s ends with Bedrock’s own reason', async (modelId, expected) => {
    const { bedrock } = await startVendors();

    const answer = await bedrock.send(
      new ConverseCommand({
        modelId,
        messages: [user('one two END')],
        inferenceConfig: { maxTokens: 10, ...(modelId === 'stop' && { stopSequences: ['END'] }) },
        additionalModelResponseFieldPaths: ['/stop_sequence'],
      }),
    );

    expect(answer).toMatchObject(expected);
  });

  it('describes images and documents, and cites documents', async () => {
    const { bedrock } = await startVendors();
    const content: ContentBlock[] = [
      { text: 'What is this?' },
      { image: { format: 'png', source: { bytes: Buffer.from(pixel, 'base64') } } },
      {
        document: { format: 'txt', name: 'Notes', source: { text: 'Something to cite' }, citations: { enabled: true } },
      },
    ];
    const ask = (modelId: string) =>
      bedrock.send(new ConverseCommand({ modelId, messages: [{ role: 'user', content }] }));

    const answers = [await ask('vision'), await ask('document'), await ask('citations')];
    const [image, document, cited] = answers.map(({ output }) => output?.message?.content?.[0]);

    expect(image?.text).toMatch(pixelDescription);
    expect(document?.text).toMatch(/^document 1: text\/plain, 17 bytes, sha256 \w{12}, name Notes$/);
    expect(cited?.citationsContent).toMatchObject({
      content: [{ text: 'What is this?' }],
      citations: [
        {
          title: 'Notes',
          sourceContent: [{ text: 'Something to cite' }],
          location: { documentChar: { documentIndex: 0 } },
        },
      ],
    });
  });

  it('matches the schema of the structured output', async () => {
    const { bedrock } = await startVendors();
    const jsonSchema = { schema: JSON.stringify(weatherSchema), name: 'weather' };
    const messages = [user('hi')];

    const answer = await bedrock.send(
      new ConverseCommand({
        modelId: 'structured',
        messages,
        outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
      }),
    );
    const unasked = bedrock.send(new ConverseCommand({ modelId: 'structured', messages }));

    expect(JSON.parse(answer.output?.message?.content?.[0]?.text ?? '')).toEqual(weatherArguments);
    await expect(unasked).rejects.toThrow('outputConfig.textFormat');
  });
});

describe('the reasoning of a Converse answer', () => {
  const thinking = { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } };
  const input = { modelId: 'reasoning', inferenceConfig: { maxTokens: 4096 }, ...thinking, ...declare('get_weather') };

  it.each([false, true])('is signed and taken back with the tool’s result (streamed: %s)', async (streamed) => {
    const { bedrock } = await startVendors();
    const first = { ...input, messages: [user('Weather?')] };
    const content = streamed
      ? assemble(await collect((await bedrock.send(new ConverseStreamCommand(first))).stream!))
      : ((await bedrock.send(new ConverseCommand(first))).output?.message?.content ?? []);
    const toolUseId = content.find(({ toolUse }) => toolUse)?.toolUse?.toolUseId;
    const result: ContentBlock = { toolResult: { toolUseId, content: [{ text: '21 degrees' }] } };
    const answerTo = (blocks: ContentBlock[]) =>
      bedrock.send(
        new ConverseCommand({
          ...input,
          messages: [user('Weather?'), { role: 'assistant', content: blocks }, { role: 'user', content: [result] }],
        }),
      );

    const next = await answerTo(content);
    const lost = answerTo(content.filter(({ toolUse }) => toolUse));
    const foreign = answerTo([
      { reasoningContent: { reasoningText: { text: 'x', signature: 'c2lnbmVk' } } },
      ...content.slice(1),
    ]);

    expect(next.output?.message?.content?.at(-1)).toEqual({ text: '21 degrees' });
    await expect(lost).rejects.toThrow('Expected `thinking`');
    await expect(foreign).rejects.toThrow('Invalid `signature`');
  });
});

describe('errors of Bedrock', () => {
  it('are thrown by its client under their names', async () => {
    const { bedrock } = await startVendors();
    const ask = (modelId: string) =>
      bedrock.send(new ConverseCommand({ modelId, messages: [user('hi')] })).catch((reason) => reason);

    const [overloaded, unknown, failing] = [
      await ask('overloaded'),
      await ask('unknown'),
      await ask('eu.anthropic.failing'),
    ];

    expect(overloaded).toBeInstanceOf(ThrottlingException);
    expect(unknown).toBeInstanceOf(ValidationException);
    expect(failing).toMatchObject({ name: 'InternalServerException', $metadata: { httpStatusCode: 500 } });
  });

  it('are frames of their own in a stream', async () => {
    const { bedrock } = await startVendors();

    const { stream } = await bedrock.send(
      new ConverseStreamCommand({ modelId: 'failing-midstream', messages: [user('one')] }),
    );

    await expect(collect(stream!)).rejects.toMatchObject({ name: 'ModelStreamErrorException' });
  });

  it('meet a request that is neither signed nor has a key', async () => {
    const { url } = await startVendors();
    const body = { messages: [user('hi')] };

    const without = await postJson(`${url}/model/echo/converse`, body);
    const withKey = await postJson(`${url}/model/echo/converse`, body, { authorization: 'Bearer some-key' });

    expect([without.status, without.headers.get('x-amzn-errortype')]).toEqual([403, 'AccessDeniedException']);
    expect(withKey.status).toBe(200);
  });

  const call = { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] };
  const result = { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: 'x' }] } }] };
  const png = { image: { format: 'png', source: { bytes: pixel } } };
  const pdf = (name: string) => ({ document: { format: 'pdf', name, source: { bytes: 'AAAA' } } });

  it.each([
    ['an unknown member', { messages: [user('hi')], max_tokens: 5 }, '[max_tokens]'],
    ['an unknown option of the model', { messages: [user('hi')], additionalModelRequestFields: { seed: 1 } }, '[seed]'],
    ['two turns of the user', { messages: [user('a'), user('b')] }, 'roles must alternate'],
    [
      'a start by the assistant',
      { messages: [{ role: 'assistant', content: [{ text: 'a' }] }] },
      'must start with a user message',
    ],
    ['a blank text', { messages: [user(' ')] }, 'is blank'],
    ['tool blocks without a toolConfig', { messages: [user('a'), call, result] }, 'toolConfig'],
    [
      'a call without its result',
      { messages: [user('a'), call, user('b')], ...declare('f') },
      'Expected toolResult blocks',
    ],
    ['a result without its call', { messages: [result], ...declare('f') }, 'exceeds the number of toolUse blocks'],
    [
      'a block with two members',
      { messages: [{ role: 'user', content: [{ text: 'a', ...png }] }] },
      'exactly one member',
    ],
    [
      'a document’s name with a dot',
      { messages: [{ role: 'user', content: [{ text: 'a' }, pdf('a.pdf')] }] },
      'document file name',
    ],
    ['a document on its own', { messages: [{ role: 'user', content: [pdf('a')] }] }, 'include a text block'],
    [
      'two documents of one name',
      { messages: [{ role: 'user', content: [{ text: 'a' }, pdf('a'), pdf('a')] }] },
      'duplicate document names',
    ],
  ])('meet %s', async (_, body, message) => {
    const { url } = await startVendors();

    const response = await postJson(`${url}/model/echo/converse`, body, { authorization: 'Bearer some-key' });

    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException']);
    expect(await response.json()).toEqual({ message: expect.stringContaining(message) });
  });
});

it('invokes embedding models in the shapes of their vendors', async () => {
  const { bedrock } = await startVendors();
  const invoke = async (modelId: string, body: object) => {
    const answer = await bedrock.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }));
    return JSON.parse(answer.body.transformToString());
  };

  const titan = await invoke('amazon.titan-embed-text-v2:0', { inputText: 'twelve chars', dimensions: 256 });
  const cohere = await invoke('cohere.embed-multilingual-v3', { texts: ['a', 'b'], input_type: 'search_query' });
  const mixed = invoke('cohere.embed-multilingual-v3', { inputText: 'a' });

  expect(titan).toMatchObject({ inputTextTokenCount: 3 });
  expect(titan.embedding).toHaveLength(256);
  expect(cohere.embeddings).toHaveLength(2);
  await expect(mixed).rejects.toThrow(ValidationException);
});

it('encodes frames that AWS’s own codec reads', () => {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString(),
    (text) => Buffer.from(text),
  );
  const payload = { text: 'Grüße' };

  const { headers, body } = codec.decode(encodeEventFrame('contentBlockDelta', payload));

  expect(headers[':event-type']).toEqual({ type: 'string', value: 'contentBlockDelta' });
  expect(headers[':message-type']).toEqual({ type: 'string', value: 'event' });
  expect(JSON.parse(Buffer.from(body).toString())).toEqual(payload);
});
