import { isObject, requireModel } from './json-fields.ts';
import type { RequestFacts } from './protocol.ts';

type Media = Pick<RequestFacts, 'stream' | 'hasReferences' | 'choices'> & {
  /** The most output tokens of one choice. */
  readonly outputTokens: number;
  readonly atMost: NonNullable<RequestFacts['atMost']>;
};

/**
 * What the protocols for media have in common. No cap can be sent with them, so their bound on output is also the least they need:
 * admission holds all of it or refuses.
 */
export function mediaFacts(fields: Readonly<Record<string, unknown>>, media: Media): RequestFacts {
  const { outputTokens, ...rest } = media;
  return {
    model: requireModel(fields),
    fallbackModels: [],
    maxOutputTokens: outputTokens,
    minOutputTokens: outputTokens,
    wantsStreamUsage: true,
    unpricedOption: undefined,
    ...rest,
  };
}

/** Seconds, searches or characters as an answer tells them: begun ones count. */
export function unitCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !(number >= 0)) return undefined;
  const units = Math.ceil(number);
  return Number.isSafeInteger(units) ? units : undefined;
}

/** The `usage` of an answer, if it has one. */
export function usageOf(value: unknown): unknown {
  return isObject(value) ? value['usage'] : undefined;
}
