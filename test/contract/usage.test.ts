import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TokenUsage, totalInputTokens } from '../../lambdas/metering/token-usage.ts';
import { usages } from './arbitraries.ts';
import type { ClientProtocol, Pair } from './cases.ts';
import { requestFixture, responseFixture } from './fixtures.ts';
import { pairs } from './matrix.ts';
import { readStream, targetOf, translationOf, withStream } from './pipeline.ts';
import { readers } from './readers.ts';
import { json, type SeenUsage } from './seen.ts';
import { meteredOf, streamWith, withUsage, writeUsage } from './vendor-usage.ts';

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
