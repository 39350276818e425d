import { afterEach, describe, expect, it, vi } from 'vitest';
import { isWireError } from '../../lambdas/wire/wire-error.ts';
import { type ClientProtocol, upstreamProtocols } from './cases.ts';
import { targetOf, translationOf } from './pipeline.ts';
import type { Json } from './seen.ts';

/** Requests of which something is there many times, by what that is. */
interface Shape {
  readonly client: ClientProtocol;
  readonly of: string;
  readonly make: (count: number) => Json;
}

function many<Entry>(count: number, make: (index: number) => Entry): Entry[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function named(count: number, make: (index: number) => unknown): Record<string, unknown> {
  return Object.fromEntries(many(count, (index) => [`p${index}`, make(index)]));
}

const question = { role: 'user', content: 'x' };
const call = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const withTool = (parameters: object): Json => ({
  messages: [question],
  tools: [{ type: 'function', function: { name: 'f', parameters } }],
});

const shapes: readonly Shape[] = [
  {
    client: 'openai-chat',
    of: 'messages of one role',
    make: (count) => ({ messages: many(count, () => question) }),
  },
  {
    client: 'openai-chat',
    of: 'instructions in the middle',
    make: (count) => ({ messages: [question, ...many(count, () => ({ role: 'system', content: 'a' }))] }),
  },
  {
    client: 'openai-chat',
    of: 'calls with the same id, which not every vendor takes',
    make: (count) => ({
      messages: [
        question,
        ...many(count, () => [
          { role: 'assistant', tool_calls: [call('!')] },
          { role: 'tool', tool_call_id: '!', content: 'r' },
        ]).flat(),
      ],
    }),
  },
  {
    client: 'openai-chat',
    of: 'tools, of which all may be chosen',
    make: (count) => {
      const tools = many(count, (index) => ({ type: 'function', function: { name: `f${index}` } }));
      return {
        messages: [question],
        tools,
        tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools } },
      };
    },
  },
  {
    client: 'openai-chat',
    of: 'documents of one name',
    make: (count) => ({
      messages: [
        {
          role: 'user',
          content: many(count, () => ({
            type: 'file',
            file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
          })),
        },
      ],
    }),
  },
  {
    client: 'openai-chat',
    of: 'references to one large definition',
    make: (count) =>
      withTool({
        type: 'object',
        properties: named(count, () => ({ $ref: '#/$defs/d', description: 'k' })),
        $defs: { d: { type: 'object', properties: named(count, () => ({ type: 'string' })) } },
      }),
  },
  {
    client: 'openai-chat',
    of: 'alternatives beside a large enumeration',
    make: (count) =>
      withTool({
        properties: {
          a: { enum: many(count, (index) => `e${index}`), anyOf: many(count, (index) => ({ title: `t${index}` })) },
        },
      }),
  },
  {
    client: 'openai-chat',
    of: 'parts of a schema',
    make: (count) =>
      withTool({ type: 'object', allOf: many(count, (index) => ({ properties: { [`p${index}`]: {} } })) }),
  },
  {
    client: 'openai-responses',
    of: 'results of calls',
    make: (count) => ({
      input: [
        question,
        ...many(count, (index) => ({ type: 'function_call', call_id: `c${index}`, name: 'f', arguments: '{}' })),
        ...many(count, (index) => ({ type: 'function_call_output', call_id: `c${index}`, output: 'r' })),
      ],
    }),
  },
  {
    client: 'anthropic-messages',
    of: 'calls and results of one turn',
    make: (count) => ({
      messages: [
        question,
        { role: 'assistant', content: many(count, (index) => ({ type: 'tool_use', id: `c${index}`, name: 'f' })) },
        { role: 'user', content: many(count, (index) => ({ type: 'tool_result', tool_use_id: `c${index}` })) },
      ],
    }),
  },
  {
    client: 'gemini',
    of: 'calls without ids',
    make: (count) => ({
      contents: [
        { role: 'user', parts: [{ text: 'a' }] },
        { role: 'model', parts: many(count, () => ({ functionCall: { name: 'f', args: {} } })) },
        { role: 'user', parts: many(count, () => ({ functionResponse: { name: 'f', response: { r: 1 } } })) },
      ],
    }),
  },
  {
    client: 'gemini',
    of: 'properties in an order of their own',
    make: (count) => ({
      contents: [{ role: 'user', parts: [{ text: 'a' }] }],
      generationConfig: {
        responseMimeType: 'application/json',
        responseSchema: {
          type: 'OBJECT',
          properties: named(count, () => ({ type: 'STRING' })),
          propertyOrdering: Object.keys(named(count, () => ({}))),
        },
      },
    }),
  },
];

const pairs = shapes.flatMap((shape) =>
  upstreamProtocols
    .filter((upstream) => upstream !== shape.client)
    .map((upstream) => ({ ...shape, upstream, name: `${shape.client} to ${upstream}` })),
);

afterEach(() => {
  vi.restoreAllMocks();
});

/** The document that counts whenever something of it is read. */
function counted(document: Json, count: () => void): Json {
  const known = new WeakMap<object, object>();
  const wrap = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const proxy = known.get(value) ?? new Proxy(value, handler);
    known.set(value, proxy);
    return proxy;
  };
  const handler: ProxyHandler<object> = {
    get(target, name) {
      count();
      return wrap(Reflect.get(target, name));
    },
    getOwnPropertyDescriptor(target, name) {
      count();
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  };
  return wrap(document) as Json;
}

/** Reads of the request, look-ups in sets, and the size of what comes of it. */
function effortOf({ client, make, upstream }: (typeof pairs)[number], count: number): number {
  let effort = 0;
  const fields = counted(make(count), () => (effort += 1));
  const lookUps = vi.spyOn(Set.prototype, 'has');
  try {
    const translation = translationOf(client, { model: 'm', ...fields }, { streamed: false, dropUnsupported: true });
    effort += JSON.stringify(translation.encode(targetOf(upstream, 100)).value).length;
  } catch (error) {
    if (!isWireError(error)) throw error;
  }
  effort += lookUps.mock.calls.length;
  vi.restoreAllMocks();
  return effort;
}

describe('a request with many times as much', () => {
  it.each(pairs)('of $of takes as many times the effort: $name', (pair) => {
    // Above the sum that a request may have copied in any case.
    const some = effortOf(pair, 2_000);
    const more = effortOf(pair, 8_000);

    expect(more).toBeLessThan(some * 6);
  });
});

describe('a message of more parts than a call has room for', () => {
  it.each(upstreamProtocols.filter((upstream) => upstream !== 'openai-chat'))('reaches %s whole', (upstream) => {
    const parts = many(150_000, () => ({ type: 'text', text: 'part' }));
    const fields = { model: 'm', messages: [question, { role: 'user', content: parts }] };

    const { value } = translationOf('openai-chat', fields, { streamed: false }).encode(targetOf(upstream, 100));

    expect(JSON.stringify(value).split('part"').length).toBe(parts.length + 1);
  });
});

describe('a schema without an end', () => {
  const deep = (depth: number, inner: object): object => (depth === 0 ? inner : { items: deep(depth - 1, inner) });
  const chain = (count: number): Record<string, object> =>
    Object.fromEntries(
      many(count, (index) => [`d${index}`, { properties: { next: { $ref: `#/$defs/d${index + 1}` } } }]),
    );

  it.each([
    ['that refers to itself', { $ref: '#', description: 'again' }],
    ['that refers to itself from deep inside', deep(190, { $ref: '#', description: 'again' })],
    [
      'of a circle',
      { $defs: { a: { $ref: '#/$defs/b', title: 'a' }, b: { $ref: '#/$defs/a', title: 'b' } }, $ref: '#/$defs/a' },
    ],
    ['of a long chain', { $ref: '#/$defs/d0', $defs: chain(20_000) }],
  ])('%s is adapted or refused', (_name, schema) => {
    const fields = {
      model: 'm',
      messages: [question],
      tools: [{ type: 'function', function: { name: 'f', parameters: schema, strict: true } }],
      response_format: { type: 'json_schema', json_schema: { name: 'f', schema, strict: true } },
    };

    for (const upstream of upstreamProtocols) {
      const encode = (): unknown =>
        translationOf('openai-chat', fields, { streamed: false, dropUnsupported: true }).encode(
          targetOf(upstream, 100),
        );
      try {
        expect(JSON.stringify(encode()).length).toBeLessThan(20_000_000);
      } catch (error) {
        expect(error).toMatchObject({ name: 'WireError', code: 'parameter_not_supported' });
      }
    }
  });
});
