import { describe, expect, test } from 'vitest';
import { encodeToolCallId, writeState } from '../../../../lambdas/wire/canonical/opaque.ts';
import { carriesStates } from '../../../../lambdas/wire/carried-state.ts';
import { parseJsonBody } from '../../../../lambdas/wire/json-body.ts';
import { stripStates } from '../../../../lambdas/wire/translation/strip-states.ts';

const gemini = { origin: 'gemini', value: 'c2ln' } as const;
const signature = writeState(gemini, 'anthropic');
const callId = encodeToolCallId('call_1', gemini);
const inBase64 = Buffer.from(signature).toString('base64');

function stripped(body: object): object {
  const parsed = parseJsonBody(Buffer.from(JSON.stringify(body)));

  expect(carriesStates(parsed)).toBe(true);

  return stripStates(parsed).value;
}

describe('a conversation that another vendor took part in', () => {
  test('goes on at Anthropic without its thoughts, with its calls', () => {
    const body = {
      model: 'm',
      messages: [
        { role: 'user', content: 'hello' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature },
            { type: 'text', text: 'I look' },
            { type: 'tool_use', id: callId, name: 'look', input: { id: 'kept' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: callId, content: 'seen' }] },
        { role: 'assistant', content: [{ type: 'redacted_thinking', data: signature }] },
        { role: 'user', content: 'and?' },
      ],
    };

    expect(stripped(body)).toEqual({
      model: 'm',
      messages: [
        { role: 'user', content: 'hello' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look' },
            { type: 'tool_use', id: 'call_1', name: 'look', input: { id: 'kept' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'seen' }] },
        { role: 'user', content: 'and?' },
      ],
    });
  });

  test("keeps Anthropic's own proofs", () => {
    const own = { type: 'thinking', thinking: 'hm', signature: 'EqQBCkYIBBgC' };
    const body = {
      messages: [{ role: 'assistant', content: [own, { type: 'tool_use', id: callId, name: 'look', input: {} }] }],
    };

    expect(stripped(body)).toMatchObject({ messages: [{ content: [own, { id: 'call_1' }] }] });
  });

  test('goes on at OpenAI with ids of a length that it takes', () => {
    const call = { type: 'function', function: { name: 'look', arguments: '{}' } };
    const body = {
      messages: [
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature }],
          tool_calls: [{ id: callId, ...call }],
        },
        { role: 'tool', tool_call_id: callId, content: 'seen' },
      ],
    };

    expect(stripped(body)).toEqual({
      messages: [
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          reasoning_details: [],
          tool_calls: [{ id: 'call_1', ...call }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'seen' },
      ],
    });
  });

  test('goes on in the responses API without the items that are nothing but a state', () => {
    const body = {
      input: [
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: signature },
        { type: 'function_call', call_id: callId, name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: callId, output: 'seen' },
      ],
    };

    expect(stripped(body)).toEqual({
      input: [
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'seen' },
      ],
    });
  });

  test('goes on at Gemini without thoughts of others, with what was said beside a proof', () => {
    const call = { functionCall: { name: 'look', args: {} } };
    const body = {
      contents: [
        {
          role: 'model',
          parts: [
            { text: 'hm', thought: true, thoughtSignature: inBase64 },
            { ...call, thoughtSignature: inBase64 },
            { text: 'said', thoughtSignature: 'b3du' },
          ],
        },
      ],
    };

    expect(stripped(body)).toEqual({
      contents: [{ role: 'model', parts: [call, { text: 'said', thoughtSignature: 'b3du' }] }],
    });
  });
});

test('a text that looks like an id with a state keeps every letter', () => {
  const messages = [{ role: 'user', content: `what is ${callId}` }];

  expect(stripped({ messages })).toEqual({ messages });
});

test.each([
  ['a marked state', { signature }],
  ['a marked state in base64', { thoughtSignature: inBase64 }],
  ['a state in the id of a call', { id: callId }],
])('%s alone is reason to look at a conversation', (_, member) => {
  const body = parseJsonBody(Buffer.from(JSON.stringify({ messages: [member] })));

  expect(carriesStates(body)).toBe(true);
});

test('a conversation without states is not looked at', () => {
  const body = parseJsonBody(Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'gh1 and Z2gx' }] })));

  expect(carriesStates(body)).toBe(false);
});
