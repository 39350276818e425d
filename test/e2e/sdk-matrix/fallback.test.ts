import { describe, expect, test } from 'vitest';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Paths of the requests that reached the provider. */
  readonly paths: readonly string[];
}

async function ask(body: object): Promise<Answered> {
  const before = matrix.received.length;
  const response = await fetch(`${matrix.gatehouse.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${matrix.gatehouse.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'one two' }], ...body }),
  });
  const text = await response.text();
  const paths = matrix.received.slice(before).map(({ path }) => path);
  return { status: response.status, headers: response.headers, text, paths };
}

describe.each(upstreams)('where $name fails before its first byte', (failing) => {
  const others = upstreams.filter(({ name }) => name !== failing.name);

  test.each(others.map((other) => [other.name, other] as const))('%s answers in its place', async (_, other) => {
    const models = { model: failing.model('failing'), models: [other.model('echo')] };

    const whole = await ask(models);
    const streamed = await ask({ ...models, stream: true });

    for (const answered of [whole, streamed]) {
      expect(answered.status).toBe(200);
      expect(answered.headers.get('x-gatehouse-attempts')).toBe('2');
      expect(answered.headers.get('x-gatehouse-provider')).toBe(other.name);
      expect(answered.headers.get('x-gatehouse-upstream-protocol')).toBe(other.name === 'chat' ? null : other.protocol);
      expect(answered.paths).toHaveLength(2);
    }
    expect(JSON.parse(whole.text)).toMatchObject({ choices: [{ message: { content: 'one two' } }] });
    expect(streamed.text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(streamed.text).not.toContain('error');
  });
});

describe('a target that cannot take the request', () => {
  test('is never asked while another one can', async () => {
    const { status, headers, paths } = await ask({
      model: 'responses/echo',
      models: ['anthropic/echo'],
      stop: ['three'],
      max_tokens: 50,
    });

    expect(status).toBe(200);
    expect(headers.get('x-gatehouse-attempts')).toBe('1');
    expect(paths).toEqual(['/v1/messages']);
  });

  test('is named where there is no other', async () => {
    const { status, text, paths } = await ask({ model: 'responses/echo', stop: ['three'] });

    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'parameter_not_supported', param: 'stop' } });
    expect(paths).toEqual([]);
  });
});

describe('a state that the caller made up', () => {
  const state = Buffer.from('made-up').toString('base64url');
  const call = (id: string) => [
    { role: 'user', content: 'look' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: id, content: 'seen' },
  ];
  const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];

  test.each(upstreams.filter(({ name }) => name !== 'gemini').map((upstream) => [upstream.name, upstream] as const))(
    'in the name of Gemini does not reach %s',
    async (_, upstream) => {
      const messages = call(`call_1_gh1_gemini_${state}`);

      const { status } = await ask({ model: upstream.model('echo'), messages, tools, max_tokens: 50 });

      const sent = JSON.stringify(matrix.lastBody());
      expect(status).toBe(200);
      expect(sent).toContain('call_1');
      expect(sent).not.toContain('gh1');
      expect(sent).not.toContain(state);
      expect(sent).not.toContain('made-up');
    },
  );

  test('reaches the vendor in whose name it is, which judges it', async () => {
    const { status } = await ask({ model: 'gemini/echo', messages: call(`call_1_gh1_gemini_${state}`), tools });

    expect(JSON.stringify(matrix.lastBody())).toContain('"thoughtSignature":"made-up"');
    expect(status).toBe(400);
  });

  test.each([
    '_gh1_',
    'a_gh1_nobody_x',
    'a_gh1_gemini_',
    '__proto___gh1_gemini_x',
    `a_gh1_gemini_${'x'.repeat(70_000)}`,
  ])('that is none is an id like any other: %.40s', async (id) => {
    const { status } = await ask({ model: 'anthropic/echo', messages: call(id), tools, max_tokens: 50 });

    expect(status).toBe(200);
  });
});
