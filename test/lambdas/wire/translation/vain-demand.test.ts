import { expect, test } from 'vitest';
import type { ProtocolName } from '../../../../lambdas/wire/protocol-name.ts';
import { createTranslation, type TranslatedRequest } from '../../../../lambdas/wire/translation/translation.ts';

const user = { role: 'user', content: 'hello' };
const gemini = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] };

type Demand = readonly [client: ProtocolName, protocol: ProtocolName, fields: Record<string, unknown>, path: string];

/** Each client's way to demand a call, with the path that it is known by; chat completions call it malformed. */
const demands: readonly Demand[] = [
  ['openai-responses', 'openai-chat', { model: 'm', input: 'hello', tool_choice: 'required' }, 'tool_choice'],
  [
    'anthropic-messages',
    'openai-chat',
    { model: 'm', max_tokens: 9, messages: [user], tool_choice: { type: 'any' } },
    'tool_choice',
  ],
  [
    'gemini',
    'anthropic-messages',
    { ...gemini, toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
    'toolConfig.functionCallingConfig',
  ],
];

function translate([client, protocol, fields]: Demand, dropUnsupported: boolean): TranslatedRequest {
  const context = { requestId: 'req_1', createdAt: 1_763_812_800, includeUsage: false };
  return createTranslation({ client, fields, stream: false, dropUnsupported, context }).encode({
    protocol,
    displayName: 'the provider',
    model: 'm',
    maxOutputTokens: undefined,
    modelMaxOutputTokens: undefined,
    maxTokensField: 'max_tokens',
    acceptsStreamOptions: true,
  });
}

test.each(demands)('a call that %s demands of %s without a tool to call is refused by its path', (...demand) => {
  const [, , , path] = demand;

  expect(() => translate(demand, false)).toThrow(
    expect.objectContaining({ code: 'parameter_not_supported', param: path }),
  );
});

test.each(demands)(
  'a call that %s demands of %s without a tool to call is left out where that is asked for',
  (...demand) => {
    const [, , , path] = demand;

    const { value, dropped } = translate(demand, true);

    expect(dropped).toEqual([path]);
    expect(JSON.stringify(value)).not.toMatch(/tool_?choice|toolConfig/i);
  },
);
