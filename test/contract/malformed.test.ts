import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerReader } from '../../lambdas/wire/answer-reader.ts';
import {
  caseNames,
  type ClientProtocol,
  clientProtocols,
  type Pair,
  type UpstreamProtocol,
  upstreamProtocols,
} from './cases.ts';
import { messageBytes } from './event-stream.ts';
import { requestFixture, responseFixture, streamFixture } from './fixtures.ts';
import { pairs } from './matrix.ts';
import { passThroughReader, readStream, type StreamedAnswer, targetOf, translationOf, withStream } from './pipeline.ts';
import { readers } from './readers.ts';

function answerOf({ client, upstream }: Pair): ReturnType<ReturnType<typeof translationOf>['answer']> {
  const fields = withStream(client, requestFixture(client, 'length'), true);
  return translationOf(client, fields, { streamed: true }).answer(targetOf(upstream, 16));
}

function readerOf(pair: Pair): AnswerReader {
  return pair.client === pair.upstream ? passThroughReader(pair.client) : answerOf(pair).createReader();
}

/** The client's side of the bytes; always within its grammar, once it has begun. */
function answered(pair: Pair, bytes: Buffer): StreamedAnswer {
  const answer = readStream(pair.client, readerOf(pair), [bytes]);
  const begun = answer.ending.kind === 'end' || answer.bytes.includes('Norway');
  if (begun && pair.client !== pair.upstream) readers[pair.client].stream(answer.bytes);
  return answer;
}

/** The text case without its last `count` events. */
function withoutLast(upstream: UpstreamProtocol, count: number): Buffer {
  const bytes = streamFixture(upstream, 'text');
  if (upstream === 'bedrock-converse') {
    const ends: number[] = [];
    for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) ends.push(at);
    return bytes.subarray(0, ends.at(-count));
  }
  const blank = upstream === 'gemini' ? '\r\n\r\n' : '\n\n';
  return Buffer.from(
    bytes
      .toString('utf8')
      .split(blank)
      .slice(0, -1 - count)
      .join(blank) + blank,
  );
}

/** One event in the provider's framing, whatever its data. */
function eventOf(upstream: UpstreamProtocol, data: string): Buffer {
  if (upstream !== 'bedrock-converse') return Buffer.from(`event: content_block_delta\ndata: ${data}\n\n`);
  return messageBytes({ event: 'contentBlockDelta', payload: data });
}

/** Events that belong to the end: finish, usage and mark. */
const endLength: Readonly<Record<UpstreamProtocol, number>> = {
  'openai-chat': 3,
  'openai-responses': 4,
  'anthropic-messages': 3,
  gemini: 1,
  'bedrock-converse': 3,
};

/** Where a stream was asked for, under the content type of a stream. */
const otherDocuments = [
  '',
  '<html><body><h1>502 Bad Gateway</h1></body></html>',
  '{"error":{"message":"no","type":"server_error"}}',
];

describe.each(pairs)('$client with a faulty $upstream', (pair) => {
  const { upstream } = pair;
  const whole = streamFixture(upstream, 'text');

  it('says that a stream that ends within the answer was broken off', () => {
    const { ending, error } = answered(pair, withoutLast(upstream, endLength[upstream]));

    expect(ending.kind).toBe('broken');
    expect(error).toMatchObject({ code: 'provider_invalid_response', retryable: true });
  });

  it('says that a stream that ends within an event was broken off', () => {
    const { ending } = answered(pair, whole.subarray(0, Math.floor(whole.length / 2)));

    expect(ending.kind).toBe('broken');
  });

  it.each(otherDocuments)('takes no other document for a stream: %s', (body) => {
    const { ending } = answered(pair, Buffer.from(body));

    expect(ending.kind).not.toBe('end');
  });

  // Gemini marks no end: what more it says is part of the answer.
  if (upstream !== 'gemini') {
    it('sends nothing of what comes behind the end', () => {
      const twice = Buffer.concat([whole, eventOf(upstream, '{"late":true}'), whole]);

      const { bytes, ending } = answered(pair, twice);

      expect(ending.kind).toBe('end');
      expect(bytes.toString('utf8')).toBe(answered(pair, whole).bytes.toString('utf8'));
    });
  }

  it('ends what any change of the bytes leaves, and within the grammar', () => {
    const damages = fc.record({
      name: fc.constantFrom(...caseNames),
      at: fc.nat(10_000),
      length: fc.nat(40),
      inserted: fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(Buffer.from('\n\n'), Buffer.from('"'))),
    });

    fc.assert(
      fc.property(damages, ({ name, at, length, inserted }) => {
        const bytes = streamFixture(upstream, name);
        const from = at % bytes.length;
        const damaged = Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(from + length)]);

        const { ending, bytes: sent } = readStream(pair.client, readerOf(pair), [damaged]);

        expect(['end', 'error', 'broken']).toContain(ending.kind);
        if (ending.kind === 'end' && pair.client !== upstream) demandGrammar(pair.client, sent);
      }),
    );
  });
});

/** Arguments that are no JSON may be what the model wrote: they are passed on as they are. */
function demandGrammar(client: ClientProtocol, bytes: Buffer): void {
  try {
    readers[client].stream(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

describe.each(pairs.filter(({ client, upstream }) => client !== upstream))('$client with $upstream', (pair) => {
  it('passes no page of HTML on', () => {
    const { bytes } = answered(pair, Buffer.from('<html><body><h1>502 Bad Gateway</h1></body></html>'));

    expect(bytes.toString('utf8')).not.toContain('Bad Gateway');
  });

  it('says that an event that is no JSON is a failure of the provider', () => {
    const begun = withoutLast(pair.upstream, endLength[pair.upstream]);

    const { ending, bytes } = answered(pair, Buffer.concat([begun, eventOf(pair.upstream, '{"broken":')]));

    expect(ending.kind).not.toBe('end');
    expect(bytes.toString('utf8')).not.toContain('{"broken"');
  });

  it('makes an answer of nothing but answers', () => {
    const answer = answerOf(pair);

    for (const value of [null, 'text', [], {}, { error: { message: 'no' } }, responseFixture(pair.upstream, 'error')]) {
      expect(answer.readWhole(value)).toBeUndefined();
    }
  });

  it('reads any JSON without a crash', () => {
    const answer = answerOf(pair);
    const anything = fc.jsonValue({ maxDepth: 4 });
    const places = fc.record({ name: fc.constantFrom(...caseNames), at: fc.nat(200), value: anything });

    fc.assert(fc.property(anything, (value) => void answer.readWhole(value)));
    fc.assert(
      fc.property(places, ({ name, at, value }) => {
        const damaged = replacedAt(responseFixture(pair.upstream, name), at, value);

        const read = answer.readWhole(damaged);

        expect(read === undefined || typeof JSON.parse(read.body.toString('utf8')) === 'object').toBe(true);
      }),
    );
  });
});

/** The document with its member number `at`, in the order they are written, replaced. */
function replacedAt(document: unknown, at: number, value: unknown): unknown {
  let count = 0;
  return JSON.parse(
    JSON.stringify(document, (_key, member: unknown) => {
      count += 1;
      return count === at + 2 ? value : member;
    }),
  );
}

describe.each(upstreamProtocols)('exceptions of %s', (upstream) => {
  it.each(clientProtocols)('reach clients of %s as one error, after which nothing comes', (client) => {
    const failing = Buffer.concat([streamFixture(upstream, 'error'), streamFixture(upstream, 'text')]);

    const { ending, bytes } = readStream(client, readerOf({ client, upstream }), [failing]);

    expect(ending.kind).toBe('error');
    expect(bytes.toString('utf8')).not.toContain('grows in Oslo');
  });
});
