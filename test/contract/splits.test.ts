import { describe, expect, it } from 'vitest';
import type { AnswerReader } from '../../lambdas/wire/answer-reader.ts';
import { caseNames, type Pair, upstreamProtocols } from './cases.ts';
import { requestFixture, streamFixture } from './fixtures.ts';
import { pairs } from './matrix.ts';
import { passThroughReader, readStream, targetOf, translationOf, withStream } from './pipeline.ts';

/** What the client gets of a provider's stream in these chunks: the very bytes, errors included. */
function createReader({ client, upstream }: Pair): () => AnswerReader {
  if (client === upstream) return () => passThroughReader(client);
  const fields = withStream(client, requestFixture(client, 'length'), true);
  const answer = translationOf(client, fields, { streamed: true }).answer(targetOf(upstream, 16));
  return () => answer.createReader();
}

describe.each(upstreamProtocols)('a stream of %s', (upstream) => {
  const readers = pairs
    .filter((pair) => pair.upstream === upstream)
    .map((pair) => ({ ...pair, reader: createReader(pair) }));

  it.each(caseNames)('gives the same bytes where every byte comes alone, in the case %s', (name) => {
    const bytes = streamFixture(upstream, name);
    const each = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));

    for (const { client, reader } of readers) {
      const inBytes = readStream(client, reader(), each).bytes.toString('utf8');

      expect(inBytes).toBe(readStream(client, reader(), [bytes]).bytes.toString('utf8'));
    }
  });

  // One client stands for all: only the framing can tell where it was cut.
  it.each(['text', 'parallel-tools'])('gives the same bytes wherever it is cut in two, in the case %s', (name) => {
    const bytes = streamFixture(upstream, name);
    const [{ client, reader } = requireReader()] = readers;
    const whole = readStream(client, reader(), [bytes]).bytes;

    const different = Array.from(bytes.keys()).filter((at) => {
      const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
      return !readStream(client, reader(), chunks).bytes.equals(whole);
    });

    expect(different).toEqual([]);
  });
});

function requireReader(): never {
  throw new TypeError('every protocol has clients');
}
