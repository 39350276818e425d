import { type TokenUsage, totalInputTokens } from '../../lambdas/metering/token-usage.ts';
import type { UpstreamProtocol } from './cases.ts';
import { eventStreamMessages, messageBytes } from './event-stream.ts';
import { streamFixture } from './fixtures.ts';
import { sseEvents } from './grammars/sse.ts';
import { json, type Json } from './seen.ts';

/** Each vendor's own sums of the same figures, by the vendor's page and not by our codec. */
export const writeUsage: Readonly<Record<UpstreamProtocol, (usage: TokenUsage) => Json>> = {
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

/** Every usage object that is there takes the figures; without any it is left out. */
export function withUsage(value: Json, figures: Json | undefined): Json {
  return json(
    JSON.stringify(value, (key, member: unknown) =>
      (key === 'usage' || key === 'usageMetadata') && member !== null ? figures : member,
    ),
  );
}

/** The stream of the plain text, with these figures. */
export function streamWith(upstream: UpstreamProtocol, figures: Json | undefined): Buffer {
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

/** OpenAI and its kin tell writes without their lifetime, Gemini none at all; Converse tells no reasoning. */
export function meteredOf(upstream: UpstreamProtocol, usage: TokenUsage): TokenUsage {
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
