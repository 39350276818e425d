import { describe, expect, test } from 'vitest';
import { encodeToolCallId } from '../../../lambdas/wire/canonical/opaque.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiCountTokens } from '../../../lambdas/wire/openai-count-tokens.ts';
import { withoutForeignStates } from '../../../lambdas/wire/openai-responses-states.ts';
import { openaiResponses } from '../../../lambdas/wire/openai-responses.ts';

const user = { role: 'user', content: 'Hi' };
const own = { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' };
const open = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] };
const foreign = {
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'Hm' }],
  encrypted_content: 'gh1.anthropic.s',
};
const unproved = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: null };
const signedId = encodeToolCallId('c1', { origin: 'gemini', value: 'sig' });
const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'a', arguments: '{}' });
const result = (id: string) => ({ type: 'function_call_output', call_id: id, output: 'x' });

describe('a conversation that goes to OpenAI', () => {
  test.each([
    ['a text', 'Hi'],
    ['of its own', [user, own, open, call('c1'), result('c1')]],
    ['with an id that only looks signed', [call('c_gh1_nobody_x')]],
    ['with anything in it', [null, 7, 'gh1.anthropic.s', {}, []]],
  ])('stays as it is: %s', (_, input) => {
    const changed = withoutForeignStates(input);

    expect(changed ?? input).toEqual(input);
  });

  test("loses another vendor's reasoning, and states inside ids", () => {
    const changed = withoutForeignStates([user, own, foreign, unproved, call(signedId), result(signedId)]);

    expect(changed).toEqual([user, own, call('c1'), result('c1')]);
  });

  test.each([
    ['sent', openaiResponses],
    ['counted', openaiCountTokens],
  ])('is %s that way', (_, protocol) => {
    const body = parseJsonBody(Buffer.from(JSON.stringify({ model: 'm', store: false, input: [user, foreign] })));
    const changes = {
      model: 'm',
      maxOutputTokens: undefined,
      maxTokensField: 'max_tokens',
      requestStreamUsage: true,
    } as const;

    const built = protocol.buildRequest(body, protocol.readRequest(body), changes);

    expect(JSON.parse(built.toString())).toMatchObject({ input: [user] });
  });
});
