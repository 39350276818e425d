import { describe, expect, it } from 'vitest';
import { parseJsonBody } from '../../lambdas/wire/json-body.ts';
import { stripStates } from '../../lambdas/wire/translation/strip-states.ts';
import { type ClientProtocol, type Pair, type UpstreamProtocol } from './cases.ts';
import { clients } from './conversation.ts';
import { eventStreamBytes, eventStreamMessages } from './event-stream.ts';
import { requestFixture, responseFixture, streamFixture } from './fixtures.ts';
import { pairs } from './matrix.ts';
import { readStream, targetOf, translationOf, withStream } from './pipeline.ts';
import { readers } from './readers.ts';
import { canonicalJson, json, type Json, objects } from './seen.ts';

/** In the fixtures; the second answer of the conversation has another. */
const firstProof = Buffer.from('proof of thought/1+').toString('base64');
const secondProof = Buffer.from('proof of thought/2+').toString('base64');
const thought = 'The weather of Bergen is not known yet.';

const turnOf = (upstream: UpstreamProtocol): string =>
  upstream === 'gemini' ? 'call get_weather' : `reasoning ${thought}`;

/** Chat has no proofs; what its vendors want back is the text. */
const translated = pairs.filter(({ client, upstream }) => client !== upstream && upstream !== 'openai-chat');

describe.each(translated)('a tool loop of $client with $upstream', (pair) => {
  it.each([false, true])('gives the provider its own proofs back, byte for byte (streamed: %s)', (streamed) => {
    const first = withStream(pair.client, openingOf(pair.client), streamed);

    const second = exchange(pair, first, { streamed, proof: firstProof, result: '9 °C' });
    const third = exchange(pair, second.next, { streamed, proof: secondProof, result: '8 °C' });
    const last = sentTo(pair, third.next, streamed);

    const turn = turnOf(pair.upstream);
    expect(sentTo(pair, second.next, streamed).states).toEqual([`${turn} <${firstProof}>`]);
    expect(last.states).toEqual([`${turn} <${firstProof}>`, `${turn} <${secondProof}>`]);
    expect(last.content).toEqual([
      'user text: How many legs have three cats?',
      'assistant text: I ask.',
      'assistant call get_weather {"city":"Bergen"}',
      'user result of call 1: 9 °C',
      'assistant text: I ask.',
      'assistant call get_weather {"city":"Bergen"}',
      'user result of call 2: 8 °C',
    ]);
    expect(last.options).toContain('reasoning');
  });
});

describe.each(translated)('a conversation of $client that moves on from $upstream', ({ client, upstream }) => {
  const others = translated.filter((pair) => pair.client === client && !sameVendor(pair.upstream, upstream));

  it.each(others)('shows no proof of another vendor to $upstream', (other) => {
    const { next } = exchange({ client, upstream }, openingOf(client), {
      streamed: false,
      proof: firstProof,
      result: '9 °C',
    });

    const body = encode(other, next, false);

    const written = canonicalJson(body);
    expect(written).not.toContain(firstProof);
    expect(written).not.toContain('gh1');
    expect(readers[other.upstream].request(body).content).toContain('user result of call 1: 9 °C');
  });
});

describe.each(translated)('a conversation of $client that comes back to $upstream', ({ client, upstream }) => {
  const others = translated.filter((pair) => pair.client === client && !sameVendor(pair.upstream, upstream));

  it.each(others)('shows it its own proofs alone, after a turn of $upstream', (other) => {
    const options = { streamed: false, result: '9 °C' };
    const begun = exchange({ client, upstream }, openingOf(client), { ...options, proof: firstProof });
    const { next } = exchange(other, begun.next, { ...options, proof: secondProof });

    const { states = [] } = sentTo({ client, upstream }, next, false);

    expect(states[0]).toBe(`${turnOf(upstream)} <${firstProof}>`);
    expect(states.join()).not.toContain(secondProof);
    expect(states.join()).not.toContain('gh1');
  });
});

describe.each(translated)('a conversation of $client that moves on from $upstream', (pair) => {
  it('comes to a provider of its own protocol without what only another vendor reads', () => {
    const options = { streamed: false, proof: firstProof, result: '9 °C' };
    const { next } = exchange(pair, openingOf(pair.client), options);

    const body = stripStates(parseJsonBody(Buffer.from(JSON.stringify(next)))).value;

    const { states = [], content } = readers[pair.client].request(body);
    expect(content.slice(-3)).toEqual([
      'assistant text: I ask.',
      'assistant call get_weather {"city":"Bergen"}',
      'user result of call 1: 9 °C',
    ]);
    // Claude's proofs are Claude's wherever it runs.
    expect(states).toEqual(sameVendor(pair.client, pair.upstream) ? [`reasoning ${thought} <${firstProof}>`] : []);
    expect(canonicalJson(body)).not.toMatch(/gh1|Z2gx/);
  });
});

it('gives Gemini its proofs back from a client that keeps nothing but ids of calls', () => {
  const pair = { client: 'openai-chat', upstream: 'gemini' } as const;
  const { next } = exchange(pair, openingOf('openai-chat'), { streamed: false, proof: firstProof, result: '9 °C' });
  const forgetful = json(
    JSON.stringify(next, (key, value: unknown) => (key.startsWith('reasoning_') ? undefined : value)),
  );

  const { states } = sentTo(pair, { ...forgetful, reasoning_effort: 'medium' }, false);

  expect(states).toEqual([`call get_weather <${firstProof}>`]);
});

it('gives a provider its proofs back from a Gemini client that keeps a stream as one content', () => {
  const pair = { client: 'gemini', upstream: 'anthropic-messages' } as const;
  const opening = openingOf('gemini');
  const { next } = exchange(pair, opening, { streamed: true, proof: firstProof, result: '9 °C' });
  const [asked, ...rest] = objects(next['contents']);
  const parts = rest.slice(0, -1).flatMap((content) => objects(content['parts'] ?? []));

  const { states } = sentTo(pair, { ...next, contents: [asked, { role: 'model', parts }, rest.at(-1)] }, true);

  expect(states).toEqual([`reasoning ${thought} <${firstProof}>`]);
});

/** Claude is Claude wherever it runs. */
function sameVendor(one: UpstreamProtocol, other: UpstreamProtocol): boolean {
  const vendor = (name: UpstreamProtocol): string => (name === 'bedrock-converse' ? 'anthropic-messages' : name);
  return vendor(one) === vendor(other);
}

/** A question with reasoning and a tool. */
function openingOf(client: ClientProtocol): Json {
  return { ...requestFixture(client, 'reasoning'), tools: requestFixture(client, 'tools')['tools'] };
}

function encode({ client, upstream }: Pair, fields: Json, streamed: boolean): Json {
  const { value } = translationOf(client, fields, { streamed }).encode(targetOf(upstream, 4096));
  return json(JSON.stringify(value));
}

function sentTo(pair: Pair, fields: Json, streamed: boolean): ReturnType<(typeof readers)['gemini']['request']> {
  return readers[pair.upstream].request(encode(pair, fields, streamed));
}

interface Turn {
  readonly streamed: boolean;
  readonly proof: string;
  readonly result: string;
}

/** The provider answers with a thought, its proof and a call; the client goes on with the call's result. */
function exchange({ client, upstream }: Pair, fields: Json, { streamed, proof, result }: Turn): { next: Json } {
  const requestId = `req_${proof.slice(-6, -2)}`;
  const answer = translationOf(client, fields, { streamed, requestId }).answer(targetOf(upstream, 4096));
  const renewed = (text: string): string =>
    text.replaceAll(firstProof, proof).replaceAll('call_bergen1', `call_${proof.slice(-6, -2)}`);
  if (streamed) {
    const { bytes } = readStream(client, answer.createReader(), [renewedStream(upstream, renewed)]);
    return { next: clients[client].next(fields, clients[client].keepStream(bytes), result) };
  }
  const whole = answer.readWhole(json(renewed(JSON.stringify(responseFixture(upstream, 'tool-loop')))));
  const kept = clients[client].keep(json(whole?.body.toString() ?? ''));
  return { next: clients[client].next(fields, kept, result) };
}

function renewedStream(upstream: UpstreamProtocol, renewed: (text: string) => string): Buffer {
  const bytes = streamFixture(upstream, 'tool-loop');
  if (upstream !== 'bedrock-converse') return Buffer.from(renewed(bytes.toString('utf8')));
  const messages = eventStreamMessages(bytes).map((message) => renewed(JSON.stringify(message)));
  return eventStreamBytes(messages.join('\n'));
}
