import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWireError, type WireError } from '../../lambdas/wire/wire-error.ts';
import { caseNames, type ClientProtocol, clientProtocols, upstreamProtocols } from './cases.ts';
import { requestFixture } from './fixtures.ts';
import { targetOf, translationOf } from './pipeline.ts';
import type { Json } from './seen.ts';

interface BadRequest {
  readonly client: ClientProtocol;
  readonly what: string;
  readonly members: Json;
  /** The field that the caller reads in the error. */
  readonly param: string;
}

const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } };
const schemaless = 'not a schema';

const bad: readonly BadRequest[] = [
  {
    client: 'openai-chat',
    what: 'an unknown kind of part',
    members: { messages: [{ role: 'user', content: [{ type: 'hologram' }] }] },
    param: 'messages[0].content[0].type',
  },
  {
    client: 'openai-chat',
    what: 'a result without its call',
    members: {
      messages: [
        { role: 'user', content: 'x' },
        { role: 'tool', tool_call_id: 'call_9', content: 'y' },
      ],
    },
    param: 'messages[1].tool_call_id',
  },
  {
    client: 'openai-chat',
    what: 'arguments that are no JSON',
    members: {
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', tool_calls: [{ ...call, function: { name: 'a', arguments: '{' } }] },
      ],
    },
    param: 'messages[1].tool_calls[0].function.arguments',
  },
  {
    client: 'openai-chat',
    what: 'a schema that is no object',
    members: { tools: [{ type: 'function', function: { name: 'a', parameters: schemaless } }] },
    param: 'tools[0].function.parameters',
  },
  {
    client: 'openai-responses',
    what: 'an unknown kind of part',
    members: { input: [{ role: 'user', content: [{ type: 'hologram' }] }] },
    param: 'input[0].content[0].type',
  },
  {
    client: 'openai-responses',
    what: 'a result without its call',
    members: { input: [{ type: 'function_call_output', call_id: 'call_9', output: 'y' }] },
    param: 'input[0].call_id',
  },
  {
    client: 'openai-responses',
    what: 'a schema that is no object',
    members: { tools: [{ type: 'function', name: 'a', parameters: schemaless }] },
    param: 'tools[0].parameters',
  },
  {
    client: 'anthropic-messages',
    what: 'an unknown kind of part',
    members: { messages: [{ role: 'user', content: [{ type: 'hologram' }] }] },
    param: 'messages[0].content[0].type',
  },
  {
    client: 'anthropic-messages',
    what: 'a result without its call',
    members: { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_9', content: 'y' }] }] },
    param: 'messages[0].content[0].tool_use_id',
  },
  {
    client: 'anthropic-messages',
    what: 'a schema that is no object',
    members: { tools: [{ name: 'a', input_schema: schemaless }] },
    param: 'tools[0].input_schema',
  },
  {
    client: 'gemini',
    what: 'an empty part',
    members: { contents: [{ role: 'user', parts: [{}] }] },
    param: 'contents[0].parts[0]',
  },
  {
    client: 'gemini',
    what: 'a result without its call',
    members: { contents: [{ role: 'user', parts: [{ functionResponse: { name: 'a', response: {} } }] }] },
    param: 'contents[0].parts[0].functionResponse',
  },
  {
    client: 'gemini',
    what: 'a schema that is no object',
    members: { tools: [{ functionDeclarations: [{ name: 'a', parametersJsonSchema: schemaless }] }] },
    param: 'tools[0].functionDeclarations[0].parametersJsonSchema',
  },
];

function refusalOf(run: () => unknown): WireError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isWireError(error)) return error;
    throw error;
  }
}

describe.each(bad)('$what from a client of $client', ({ client, members, param }) => {
  it('is refused by its path', () => {
    const fields = { ...requestFixture(client, 'text'), ...members };

    const refusal = refusalOf(() => translationOf(client, fields, { streamed: false }));

    expect(refusal?.code).toBe('invalid_request');
    expect(refusal?.param?.startsWith(param), refusal?.param).toBe(true);
    expect(refusal?.message).toContain(refusal?.param);
  });
});

describe.each(clientProtocols)('any JSON from a client of %s', (client) => {
  const changes = fc.record({
    name: fc.constantFrom(...caseNames),
    at: fc.nat(60),
    value: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('', null, [], {}, -1, 1e308, 'data:,', '__proto__')),
  });

  it('is refused with a path or translated, and crashes nothing', () => {
    fc.assert(
      fc.property(changes, fc.constantFrom(...upstreamProtocols), ({ name, at, value }, upstream) => {
        const fields = replacedAt(requestFixture(client, name), at, value) as Json;

        const refusal = refusalOf(() =>
          translationOf(client, fields, { streamed: false }).encode(targetOf(upstream, 256)),
        );

        expect(refusal?.message ?? 'translated').not.toBe('');
      }),
      { numRuns: 400 },
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
