import { describe, expect, it } from 'vitest';
import { caseNames, type CaseName, type Pair } from './cases.ts';
import { requestFixture, responseFixture, streamFixture } from './fixtures.ts';
import { pairs } from './matrix.ts';
import { readFacts, readStream, targetOf, translationOf, withStream } from './pipeline.ts';

/** Streams are long: of the others, the matrix reads the meaning. */
const streamed: ReadonlySet<CaseName> = new Set(['text', 'parallel-tools', 'reasoning', 'error']);
const answered: ReadonlySet<CaseName> = new Set([
  'text',
  'tools',
  'parallel-tools',
  'reasoning',
  'stop',
  'length',
  'refusal',
]);

describe.each(pairs.filter(({ client, upstream }) => client !== upstream))('$client to $upstream', (pair) => {
  it('gives the bytes that were reviewed', async () => {
    const golden = caseNames.map((name) => goldenOf(pair, name)).join('\n');

    // Written anew by `npx vitest run test/contract/golden.test.ts --update`, to be read before it is committed.
    await expect(golden).toMatchFileSnapshot(`golden/${pair.client}/${pair.upstream}.txt`);
  });
});

/** What the provider gets, what the client gets of its answer, and of its stream. */
function goldenOf(pair: Pair, name: CaseName): string {
  const lines = [`=== ${name}: request`, ...requestLines(pair, name)];
  if (answered.has(name)) lines.push(`=== ${name}: answer`, ...answerLines(pair, name));
  if (streamed.has(name)) lines.push(`=== ${name}: stream`, streamText(pair, name));
  return `${lines.join('\n')}\n`;
}

function requestLines({ client, upstream }: Pair, name: CaseName): string[] {
  const fields = withStream(client, requestFixture(client, name), true);
  const target = targetOf(upstream, readFacts(client, fields, true).maxOutputTokens);
  try {
    return members(translationOf(client, fields, { streamed: true }).encode(target).value);
  } catch (error) {
    return [String(error)];
  }
}

function answerLines(pair: Pair, name: CaseName): string[] {
  const whole = answerOf(pair).readWhole(responseFixture(pair.upstream, name));
  return members(JSON.parse(whole?.body.toString('utf8') ?? '{}') as object);
}

function streamText(pair: Pair, name: CaseName): string {
  const { bytes } = readStream(pair.client, answerOf(pair).createReader(), [streamFixture(pair.upstream, name)]);
  return bytes.toString('utf8').replaceAll('\n\n', '\n').trimEnd();
}

function answerOf({ client, upstream }: Pair): ReturnType<ReturnType<typeof translationOf>['answer']> {
  const fields = withStream(client, requestFixture(client, 'length'), true);
  return translationOf(client, fields, { streamed: true }).answer(targetOf(upstream, 16));
}

/** A line for each member, so that a change shows where it is. */
function members(value: object): string[] {
  return Object.entries(value).map(([name, member]) => `${name}: ${JSON.stringify(member)}`);
}
