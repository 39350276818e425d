import { describe, expect, it } from 'vitest';
import { caseNames, cases, clientProtocols, upstreamProtocols } from './cases.ts';
import { requestFixture, responseFixture, streamFixture } from './fixtures.ts';
import { readers } from './readers.ts';
import type { SeenAnswer } from './seen.ts';

/** Gemini has no words of refusal: a blocked answer is empty. */
const contentOf = (protocol: string, name: (typeof caseNames)[number]): readonly string[] =>
  protocol === 'gemini' && name === 'refusal' ? [] : cases[name].answer.content;

describe.each(clientProtocols)('requests of %s', (protocol) => {
  it.each(caseNames)('say what the case %s says', (name) => {
    const seen = readers[protocol].request(requestFixture(protocol, name));

    expect(seen).toEqual(cases[name].request);
  });
});

describe.each(upstreamProtocols)('answers of %s', (protocol) => {
  it.each(caseNames)('say what the case %s says, streamed', (name) => {
    const seen = readers[protocol].stream(streamFixture(protocol, name));

    expect(seen.content).toEqual(contentOf(protocol, name));
    expect(seen.finish).toBe(cases[name].answer.finish);
  });

  it.each(caseNames.filter((name) => name !== 'error'))('say the same whole as streamed in the case %s', (name) => {
    const whole: SeenAnswer = readers[protocol].answer(responseFixture(protocol, name));

    expect(whole).toEqual(readers[protocol].stream(streamFixture(protocol, name)));
  });
});
