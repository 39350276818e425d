import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TokenUsage, totalInputTokens } from '../../lambdas/metering/token-usage.ts';
import { usages } from './arbitraries.ts';
import type { ClientProtocol, Pair, UpstreamProtocol } from './cases.ts';
import { messageBytes } from './event-stream.ts';
import { eventStreamMessages } from './event-stream.ts';
import { requestFixture, responseFixture, streamFixture } from './fixtures.ts';
import { sseEvents } from './grammars/sse.ts';
import { pairs } from './matrix.ts';
import { readStream, targetOf, translationOf, withStream } from './pipeline.ts';
import { readers } from './readers.ts';
import { json, type Json, type SeenUsage } from './seen.ts';

/** Each vendor's own sums of the same figures, by the vendor's page and not by our codec. */
const writeUsage: Readonly<Record<UpstreamProtocol, (usage: TokenUsage) => Json>> = {
  'openai-chat': (usage) => ({
    prompt_tokens: totalInputTokens(usage),
    completion_tokens: usage.outputTokens,
    total_tokens: totalInputTokens(usage) + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      cache_write_tokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }),
  'openai-responses': (usage) => ({
    input_tokens: totalInputTokens(usage),
    input_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      cache_write_tokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: totalInputTokens(usage) + usage.outputTokens,
  }),
  'anthropic-messages': (usage) => ({
    input_tokens: usage.inputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_creation_input_tokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mInputTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hInputTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens },
  }),
  gemini: (usage) => ({
    promptTokenCount: totalInputTokens(usage),
    cachedContentTokenCount: usage.cacheReadInputTokens,
    candidatesTokenCount: usage.outputTokens - usage.reasoningTokens,
    thoughtsTokenCount: usage.reasoningTokens,
    totalTokenCount: totalInputTokens(usage) + usage.outputTokens,
  }),
  'bedrock-converse': (usage) => ({
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: totalInputTokens(usage) + usage.outputTokens,
    cacheReadInputTokens: usage.cacheReadInputTokens,
    cacheWriteInputTokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    cacheDetails: [
      { ttl: '1h', inputTokens: usage.cacheWrite1hInputTokens },
      { ttl: '5m', inputTokens: usage.cacheWrite5mInputTokens },
    ],
  }),
};

describe.each(pairs.filter(({ client, upstream }) => client !== upstream))(
  'usage of $upstream at clients of $client',
  (pair) => {
    const { client, upstream } = pair;

    it('is the same to the token, whole and streamed, for the client and the meter', () => {
      const target = targetOf(upstream, 256);
      const fields = withStream(client, requestFixture(client, 'text'), true);
      const answer = translationOf(client, fields, { streamed: true }).answer(target);

      fc.assert(
        fc.property(usages, (usage) => {
          const figures = writeUsage[upstream](usage);
          const whole = answer.readWhole(withUsage(responseFixture(upstream, 'text'), figures));
          const { bytes, facts } = readStream(client, answer.createReader(), [streamWith(upstream, figures)]);

          const expected = shownBy(pair, usage);
          expect(readers[client].answer(json(whole?.body.toString() ?? '')).usage).toEqual(expected);
          expect(readers[client].stream(bytes).usage).toEqual(expected);
          expect(whole?.facts.usage).toEqual(meteredOf(upstream, usage));
          expect(facts.usage).toEqual(meteredOf(upstream, usage));
        }),
        { numRuns: 30 },
      );
    });
  },
);

/** Every usage object that is there takes the figures. */
function withUsage(value: Json, figures: Json): Json {
  return json(
    JSON.stringify(value, (key, member: unknown) =>
      (key === 'usage' || key === 'usageMetadata') && member !== null ? figures : member,
    ),
  );
}

function streamWith(upstream: UpstreamProtocol, figures: Json): Buffer {
  const bytes = streamFixture(upstream, 'text');
  if (upstream === 'bedrock-converse') {
    return Buffer.concat(eventStreamMessages(bytes).map((message) => messageBytes(withUsage(message, figures))));
  }
  const events = sseEvents(bytes).map(({ name, data }) => {
    const changed = data === '[DONE]' ? data : JSON.stringify(withUsage(json(data), figures));
    return `${name === undefined ? '' : `event: ${name}\n`}data: ${changed}\n\n`;
  });
  return Buffer.from(events.join(''));
}

/** What the client's protocol has members for, of what the provider's has. */
function shownBy({ client, upstream }: Pair, usage: TokenUsage): SeenUsage {
  const metered = meteredOf(upstream, usage);
  const writesShown: Readonly<Record<ClientProtocol, boolean>> = {
    'openai-chat': true,
    'openai-responses': true,
    'anthropic-messages': true,
    gemini: false,
  };
  return {
    input: totalInputTokens(usage),
    cacheRead: usage.cacheReadInputTokens,
    cacheWrite: writesShown[client] ? metered.cacheWrite5mInputTokens + metered.cacheWrite1hInputTokens : 0,
    output: usage.outputTokens,
    reasoning: metered.reasoningTokens,
  };
}

/** OpenAI and its kin tell writes without their lifetime, Gemini none at all; Converse tells no reasoning. */
function meteredOf(upstream: UpstreamProtocol, usage: TokenUsage): TokenUsage {
  const writes = usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
  switch (upstream) {
    case 'anthropic-messages':
      return usage;
    case 'bedrock-converse':
      return { ...usage, reasoningTokens: 0 };
    case 'gemini':
      return {
        ...usage,
        inputTokens: usage.inputTokens + writes,
        cacheWrite5mInputTokens: 0,
        cacheWrite1hInputTokens: 0,
      };
    default:
      return { ...usage, cacheWrite5mInputTokens: writes, cacheWrite1hInputTokens: 0 };
  }
}
