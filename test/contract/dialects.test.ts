import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clientProtocols } from './cases.ts';
import { requestFixture } from './fixtures.ts';
import { readStream, targetOf, translationOf, withStream } from './pipeline.ts';
import { readers } from './readers.ts';
import { json, type SeenAnswer } from './seen.ts';

/** What vendors of OpenAI's chat protocol send beside OpenAI: `fixtures/openai-chat/dialects`. */
type Expected = Pick<SeenAnswer, 'content' | 'finish' | 'usage'>;

const asked: readonly string[] = ['reasoning: No forecast yet.', 'text: I ask.', 'call get_weather {"city":"Bergen"}'];

function call(usage: Partial<NonNullable<SeenAnswer['usage']>>): Expected {
  const all = { input: 20, cacheRead: 0, cacheWrite: 0, output: 30, reasoning: 0, ...usage };
  return { content: asked, finish: 'tool_calls', usage: all };
}

function words(usage: Partial<NonNullable<SeenAnswer['usage']>>): Expected {
  const all = { input: 20, cacheRead: 0, cacheWrite: 0, output: 8, reasoning: 0, ...usage };
  return { content: ['text: It rains in Bergen.'], finish: 'stop', usage: all };
}

const vendors: Readonly<Record<string, Expected>> = {
  // https://api-docs.deepseek.com/guides/reasoning_model
  deepseek: call({ cacheRead: 6, reasoning: 18 }),
  // https://docs.mistral.ai/capabilities/reasoning
  mistral: call({}),
  // https://console.groq.com/docs/reasoning
  groq: call({ reasoning: 18 }),
  // https://docs.perplexity.ai/guides/streaming-responses
  perplexity: words({}),
  // https://docs.x.ai/docs/guides/reasoning: the total shows that reasoning is not in the completion tokens
  xai: call({ cacheRead: 6, reasoning: 18 }),
  // https://platform.kimi.ai/docs/api/chat
  moonshot: call({ cacheRead: 6 }),
  // https://openrouter.ai/docs/guides/best-practices/reasoning-tokens
  openrouter: call({ cacheRead: 6, reasoning: 18 }),
  // https://docs.together.ai/reference/chat-completions-1
  together: words({}),
};

const folder = new URL('fixtures/openai-chat/dialects/', import.meta.url);

it('knows what every dialect fixture says', () => {
  const named = new Set(readdirSync(folder).map((file) => file.split('.')[0]));

  expect(named).toEqual(new Set(Object.keys(vendors)));
});

const others = clientProtocols.filter((client) => client !== 'openai-chat');

describe.each(others)('clients of %s', (client) => {
  const fields = withStream(client, requestFixture(client, 'tools'), true);
  const answer = translationOf(client, fields, { streamed: true }).answer(targetOf('openai-chat', 512));

  it.each(Object.entries(vendors))('read what %s streams', (vendor, expected) => {
    const bytes = readFileSync(new URL(`${vendor}.stream.sse`, folder));

    const { bytes: sent, ending, facts } = readStream(client, answer.createReader(), [bytes]);

    expect(ending.kind).toBe('end');
    const { content, finish, usage } = readers[client].stream(sent);
    expect({ content, finish, usage }).toEqual(expected);
    expect(facts.usage?.outputTokens).toBe(expected.usage?.output);
  });

  it.each(Object.entries(vendors))('read what %s answers', (vendor, expected) => {
    const body = json(readFileSync(new URL(`${vendor}.response.json`, folder), 'utf8'));

    const whole = answer.readWhole(body);

    const { content, finish, usage } = readers[client].answer(json(whole?.body.toString('utf8') ?? ''));
    expect({ content, finish, usage }).toEqual(expected);
  });
});
