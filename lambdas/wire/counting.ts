import type { TokenUsage } from '../metering/token-usage.ts';
import { isObject, tokenCount } from './json-fields.ts';
import { forward, type RequestFacts, type ResponseFacts, type StreamTap } from './protocol.ts';

/** Counting tokens costs nothing at any vendor, which is another thing than a usage that is not known. */
export const freeUsage: TokenUsage = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

const facts: ResponseFacts = { usage: freeUsage, finishReason: undefined };

/** A count has no output, so nothing about it is to be limited. */
export function countingFacts(model: string): RequestFacts {
  return {
    model,
    fallbackModels: [],
    stream: false,
    maxOutputTokens: undefined,
    minOutputTokens: 0,
    choices: 0,
    wantsStreamUsage: false,
    hasReferences: false,
    unpricedOption: undefined,
  };
}

/** Reads an answer that tells the count in `member`. */
export function readCount(member: string): (value: unknown) => ResponseFacts | undefined {
  return (value) => (isObject(value) && tokenCount(value[member]) !== undefined ? facts : undefined);
}

/** Counts never stream; a provider that answers with events anyway is passed on unread. */
export function createCountingTap(): StreamTap {
  return { read: () => forward, facts: () => facts, contentEvents: () => 0 };
}
