import type Anthropic from '@anthropic-ai/sdk';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { ask, collect, startSimulated } from '../../fixtures/simulated-clients.ts';

it('echoes, whole or streamed, with the same usage from the first event on', async () => {
  const { anthropic } = await startSimulated();
  const request = { model: 'echo', max_tokens: 100, system: 'Be brief.', messages: ask('Hello big world') };

  const whole = await anthropic.messages.create(request);
  const events = await collect(await anthropic.messages.create({ ...request, stream: true }));

  expect(whole).toMatchObject({ content: [{ type: 'text', text: 'Hello big world' }], stop_reason: 'end_turn' });
  expect(whole.usage).toMatchObject({ input_tokens: 6, output_tokens: 3, cache_read_input_tokens: 0 });
  expect(events[0]).toMatchObject({
    type: 'message_start',
    message: { content: [], usage: { ...whole.usage, output_tokens: 1 } },
  });
  expect(events.map(({ type }) => type)).toEqual([
    'message_start',
    'content_block_start',
    ...Array.from({ length: 3 }, () => 'content_block_delta'),
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
  expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: whole.usage });
});

it('cuts the answer at max_tokens', async () => {
  const { anthropic } = await startSimulated();

  const message = await anthropic.messages.create({ model: 'long', max_tokens: 3, messages: ask('a b') });

  expect(message).toMatchObject({ content: [{ text: 'a b a' }], stop_reason: 'max_tokens' });
  expect(message.usage.output_tokens).toBe(3);
});

it('calls a tool with arguments that assemble to an object that fits its schema', async () => {
  const { anthropic } = await startSimulated();
  const schema = z.object({ city: z.string().min(3), days: z.int().min(2), unit: z.enum(['celsius', 'kelvin']) });
  const { $schema: _, ...input_schema } = z.toJSONSchema(schema) as Anthropic.Tool.InputSchema;
  const request = {
    model: 'tool-call',
    max_tokens: 100,
    messages: ask('Weather?'),
    tools: [{ name: 'get_weather', input_schema }],
  };

  const whole = await anthropic.messages.create(request);
  const streamed = await anthropic.messages.stream(request).finalMessage();

  for (const { content, stop_reason } of [whole, streamed]) {
    expect(stop_reason).toBe('tool_use');
    expect(content).toMatchObject([{ type: 'tool_use', name: 'get_weather' }]);
    expect(schema.safeParse((content[0] as Anthropic.ToolUseBlock).input).success).toBe(true);
  }
});

it('thinks in a signed block of its own before it answers', async () => {
  const { anthropic } = await startSimulated();
  const request = { model: 'reasoning', max_tokens: 100, messages: ask('one two') };

  const whole = await anthropic.messages.create(request);
  const streamed = await anthropic.messages.stream(request).finalMessage();

  expect(streamed.content).toEqual(whole.content);
  expect(whole.content).toMatchObject([
    { type: 'thinking', thinking: expect.stringMatching(/\w/), signature: expect.stringMatching(/\w/) },
    { type: 'text', text: 'one two' },
  ]);
  expect(whole.usage.output_tokens).toBe(2 + (whole.usage.output_tokens_details?.thinking_tokens ?? 0));
});

it.each(['5m', '1h'] as const)('writes a marked prefix to the %s cache once and reads it then', async (ttl) => {
  const { anthropic } = await startSimulated();
  const create = (cache_control?: Anthropic.CacheControlEphemeral) =>
    anthropic.messages.create({
      model: 'echo',
      max_tokens: 10,
      system: [{ type: 'text', text: 'x'.repeat(2000), ...(cache_control && { cache_control }) }],
      messages: ask('four'),
    });

  const [unmarked, written, read] = [
    await create(),
    await create({ type: 'ephemeral', ttl }),
    await create({ type: 'ephemeral', ttl }),
  ];

  expect(unmarked.usage).toMatchObject({ input_tokens: 501, cache_creation_input_tokens: 0 });
  expect(written.usage).toMatchObject({
    input_tokens: 1,
    cache_creation_input_tokens: 500,
    cache_creation: { [`ephemeral_${ttl}_input_tokens`]: 500 },
    cache_read_input_tokens: 0,
  });
  expect(read.usage).toMatchObject({ input_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 500 });
});
