import type { TokenUsage } from '../../lambdas/metering/token-usage.ts';
import { totalInputTokens } from '../../lambdas/metering/token-usage.ts';
import type { ResponseFacts } from '../../lambdas/wire/protocol.ts';
import { type CaseName, cases, type Pair, type UpstreamProtocol } from './cases.ts';
import { responseFixture } from './fixtures.ts';
import type { StreamedAnswer } from './pipeline.ts';
import { readers } from './readers.ts';
import { demand, type Json, type SeenAnswer, type SeenUsage } from './seen.ts';

/** What a cell of the matrix must hold to pass. Each throws `Illegal` where something got lost on the way. */

/** The provider is asked for exactly what the client asked for. */
export function demandRequest(upstream: UpstreamProtocol, name: CaseName, streamed: boolean, body: Json): void {
  const { request } = cases[name];
  const seen = readers[upstream].request(body);
  const streams = streamed && upstream !== 'gemini' && upstream !== 'bedrock-converse';
  demandEqual(namelessIn(upstream, seen.content), namelessIn(upstream, request.content), 'content of the request');
  demandEqual(seen.options, [...request.options, ...(streams ? ['stream'] : [])], 'options of the request');
}

/**
 * Converse takes no dots in a document's name, the Gemini API (unlike Vertex) no names at all: there it may be text of its own,
 * before the document.
 */
function namelessIn(upstream: UpstreamProtocol, content: readonly string[]): readonly string[] {
  if (upstream !== 'gemini' && upstream !== 'bedrock-converse') return content;
  const name = upstream === 'gemini' ? 'report.pdf|undefined' : 'report( pdf|.pdf)?';
  return content
    .filter((line) => line !== 'user text: report.pdf')
    .map((line) => line.replace(new RegExp(`^user document (?:${name}) `), 'user document '));
}

/** The client reads the case's answer, under the provider's ids and figures. */
export function demandAnswer(pair: Pair, name: CaseName, seen: SeenAnswer, facts: ResponseFacts): void {
  const { client, upstream } = pair;
  const expected = readers[upstream].answer(responseFixture(upstream, name));
  demandEqual(seen.content.map(asAnyRefusal), expected.content.map(asAnyRefusal), 'content of the answer');
  demandEqual([seen.finish], [cases[name].answer.finish], 'finish reason');
  demandEqual([seen.usage], [expected.usage], 'usage of the answer');
  demandFacts(facts, expected.usage);
  demand(
    seen.usage?.output === 0 || seen.content.length > 0 || expected.content.length === 0,
    'content for its tokens',
  );
  const calls = seen.content.filter((line) => line.startsWith('call ')).length;
  demand(new Set(seen.callIds).size === calls && !seen.callIds.includes(''), 'an id for each call', seen.callIds);
  if (upstream !== 'gemini') demandEqual(seen.callIds, expected.callIds, 'ids of the calls');
  if (client === 'anthropic-messages') demandEqual([seen.stopSequence], [expected.stopSequence], 'stop sequence');
  demand(seen.states.length > 0 || expected.states.length === 0, 'proof of the reasoning', seen);
}

/** A refusal is a kind of its own in OpenAI's protocols and text in the others. */
function asAnyRefusal(line: string): string {
  return line.replace(/^refusal: /, 'text: ');
}

/** What is charged for is what the client is told. */
function demandFacts({ usage }: ResponseFacts, expected: SeenUsage | undefined): void {
  demand(usage !== undefined && expected !== undefined, 'usage to charge for', usage);
  demandEqual([seenUsage(usage)], [expected], 'usage that is charged for');
}

function seenUsage(usage: TokenUsage): SeenUsage {
  return {
    input: totalInputTokens(usage),
    cacheRead: usage.cacheReadInputTokens,
    cacheWrite: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    output: usage.outputTokens,
    reasoning: usage.reasoningTokens,
  };
}

export function demandStream(pair: Pair, name: CaseName, { bytes, ending, facts, error }: StreamedAnswer): void {
  const seen = readers[pair.client].stream(bytes);
  if (name !== 'error') {
    demand(ending.kind === 'end', 'an end', ending);
    return demandAnswer(pair, name, seen, facts);
  }
  demand(ending.kind === 'error' && ending.error !== undefined, "the provider's error", ending);
  demandEqual(seen.content, cases.error.answer.content, 'content before the error');
  demand(seen.finish === 'error' && seen.error === error?.message, 'the error', seen);
  demand(error?.retryable === true && error.status >= 500, 'a failure of the provider, to be tried again', error);
}

function demandEqual(found: readonly unknown[], expected: readonly unknown[], what: string): void {
  const same = JSON.stringify(found) === JSON.stringify(expected);
  demand(same, `${what}: ${JSON.stringify(expected)}`, found);
}
