import { describe, expect, test } from 'vitest';
import {
  estimateUsage,
  inputTokensAtMost,
  inputTokensUsually,
  outputTokensWanted,
  passedSize,
} from '../../../lambdas/data-plane/token-bound.ts';
import { noUsage } from '../../../lambdas/metering/token-usage.ts';
import type { Target } from '../../../lambdas/routing/target.ts';
import { type JsonBody, parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiChat } from '../../../lambdas/wire/openai-chat.ts';
import type { RequestFacts } from '../../../lambdas/wire/protocol.ts';
import { targetAt } from '../routing/call.ts';

const bodyWith = (content: string, members = ''): JsonBody =>
  parseJsonBody(
    Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }).replace(/\}$/, `${members}}`)),
  );
const factsOf = (body: JsonBody): RequestFacts => openaiChat.readRequest(body);
const target = (limits: Partial<Target> = {}): Target => targetAt('http://127.0.0.1:9', limits);
const atMost = (body: JsonBody, limits: Partial<Target> = {}): number =>
  inputTokensAtMost(passedSize(body, factsOf(body)), target(limits));

describe('input', () => {
  const short = bodyWith('Hi');
  const image = bodyWith(Buffer.alloc(3000, 7).toString('base64'));
  const document = bodyWith(Buffer.alloc(150_000, 7).toString('base64'));
  const link = bodyWith('Hi', ',"x":{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}');

  test('has at most a token per byte of text', () => {
    expect(atMost(short)).toBe(short.bytes.length);
    expect(atMost(bodyWith('👋'))).toBe(bodyWith('👋').bytes.length);
  });

  test('has at most what the model reads', () => {
    expect(atMost(document, { contextTokens: 100 })).toBe(100);
  });

  test('counts an image at the most any model charges, and a document by its bytes', () => {
    expect(atMost(image)).toBe(image.textBytes + 50_000);
    expect(atMost(document)).toBe(document.textBytes + document.attachmentBytes);
  });

  test('that lies elsewhere can fill the context', () => {
    expect(atMost(link)).toBe(200_000);
    expect(atMost(link, { contextTokens: 128_000 })).toBe(128_000);
    expect(atMost(link, { contextTokens: 1_000_000 })).toBe(200_000);
  });

  test.each(['tools', 'functions', 'output_config'])('has what a provider adds of its own to %s', (member) => {
    const instructed = bodyWith('Hi', `,"${member}":[]`);

    expect(atMost(instructed)).toBe(instructed.bytes.length + 1_000);
    expect(atMost(bodyWith('Hi', `,"${member}":null`))).toBe(bodyWith('Hi', `,"${member}":null`).bytes.length);
  });

  test('has usually a quarter of that', () => {
    expect(inputTokensUsually(short)).toBe(Math.ceil(short.bytes.length / 4));
    expect(inputTokensUsually(image)).toBe(Math.ceil(image.textBytes / 4) + 1_600);
  });
});

test.each<[string, readonly (number | undefined)[], number]>([
  ['', [undefined], 8_192],
  ['', [4_000], 4_000],
  ['', [4_000, 6_000], 6_000],
  ['', [4_000, undefined], 8_192],
  [',"max_tokens":50', [4_000], 50],
  [',"max_tokens":9000', [4_000], 4_000],
  [',"max_tokens":9000', [undefined], 9_000],
])('output with %j and models that give %j is wanted up to %d', (members, most, expected) => {
  const targets = most.map((maxOutputTokens) => target({ maxOutputTokens }));

  expect(outputTokensWanted(factsOf(bodyWith('Hi', members)), targets)).toBe(expected);
});

describe('an estimate of what was used', () => {
  const seen = { inputTokens: 12, contentEvents: 5, bytes: 100, maxOutputTokens: 100 };

  test('takes a token per event', () => {
    expect(estimateUsage(seen, undefined)).toEqual({ ...noUsage, inputTokens: 12, outputTokens: 25 });
    expect(estimateUsage({ ...seen, bytes: 19 }, undefined).outputTokens).toBe(5);
  });

  test('sees merged events in their bytes, and never passes what was reserved', () => {
    expect(estimateUsage({ ...seen, bytes: 300 }, undefined).outputTokens).toBe(75);
    expect(estimateUsage({ ...seen, bytes: 1_000_000 }, undefined).outputTokens).toBe(100);
  });

  test('keeps the input that was reported, and never lowers the output', () => {
    const reported = { ...noUsage, inputTokens: 3, cacheReadInputTokens: 40, outputTokens: 60 };

    expect(estimateUsage(seen, reported)).toEqual(reported);
    expect(estimateUsage(seen, { ...reported, outputTokens: 1 })).toEqual({ ...reported, outputTokens: 25 });
  });

  test('does not believe a report of no input', () => {
    expect(estimateUsage(seen, { ...noUsage, outputTokens: 1 }).inputTokens).toBe(12);
  });
});
