import { describe, expect, test } from 'vitest';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import { openaiCountTokens } from '../../../lambdas/wire/openai-count-tokens.ts';
import { withoutUnproved } from '../../../lambdas/wire/openai-responses-unproved.ts';
import { openaiResponses } from '../../../lambdas/wire/openai-responses.ts';

const user = { role: 'user', content: 'Hi' };
const own = { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' };
const open = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] };
const unproved = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: null };

describe('a conversation that goes to OpenAI', () => {
  test.each([
    ['a text', 'Hi'],
    ['with proved reasoning, and with that of open models', [user, own, open]],
    ['with anything in it', [null, 7, 'x', {}, []]],
  ])('stays as it is: %s', (_, input) => {
    const changed = withoutUnproved(input);

    expect(changed ?? input).toEqual(input);
  });

  test('loses reasoning that nothing proves', () => {
    const changed = withoutUnproved([user, own, unproved, { ...unproved, encrypted_content: '' }]);

    expect(changed).toEqual([user, own]);
  });

  test('loses the ids of what was said after such a thought, and no others', () => {
    const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{}' };
    const said = { type: 'message', id: 'msg_1', role: 'assistant', content: 'Hm' };
    const result = { type: 'function_call_output', id: 'fc_2', call_id: 'c1', output: 'ok' };

    const changed = withoutUnproved([user, unproved, said, call, result, call, own, call]);

    const { id: _, ...callAlone } = call;
    const { id: __, ...saidAlone } = said;
    expect(JSON.parse(JSON.stringify(changed))).toEqual([user, saidAlone, callAlone, result, call, own, call]);
  });

  test.each([
    ['sent', openaiResponses],
    ['counted', openaiCountTokens],
  ])('is %s that way', (_, protocol) => {
    const body = parseJsonBody(Buffer.from(JSON.stringify({ model: 'm', store: false, input: [user, unproved] })));
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
