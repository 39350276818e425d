import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noUsage } from '../../lambdas/metering/token-usage.ts';
import type { AnswerContext, ClientCodec } from '../../lambdas/wire/canonical/codec.ts';
import { anthropicMessagesCodec } from '../../lambdas/wire/codecs/anthropic-messages/codec.ts';
import { geminiCodec } from '../../lambdas/wire/codecs/gemini/codec.ts';
import { openaiChatCodec } from '../../lambdas/wire/codecs/openai-chat/codec.ts';
import { openaiResponsesCodec } from '../../lambdas/wire/codecs/openai-responses/codec.ts';
import type { FinishReason } from '../../lambdas/wire/protocol.ts';

const documentation = readFileSync(join(import.meta.dirname, '../../docs/translation.md'), 'utf8');
const section = documentation.split('\n## How an answer ended\n')[1]!.split('\n## ')[0]!;
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .slice(1)
  .map((line) => line.split('|').slice(2, -1));

const reasons = ['stop', 'length', 'tool_calls', 'content_filter', 'refusal', 'pause', 'other'] as const;

test.each(reasons.map((reason, index) => [reason, rows[index]] as const))(
  'docs/translation.md says how an answer ends for the reason %s',
  (reason, row) => {
    const chat = encode(openaiChatCodec, reason) as { choices: { finish_reason: string }[] };
    const response = encode(openaiResponsesCodec, reason) as ResponseEnd;
    const message = encode(anthropicMessagesCodec, reason) as { stop_reason: string };
    const gemini = encode(geminiCodec, reason) as { candidates: { finishReason: string }[] };

    const words = (row ?? []).map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word));

    expect(words).toEqual([
      [chat.choices[0]!.finish_reason],
      [response.status, response.incomplete_details?.reason].filter((word) => word !== undefined),
      [message.stop_reason],
      [gemini.candidates[0]!.finishReason],
    ]);
  },
);

test('docs/translation.md has a row for each reason, and no other', () => {
  expect(rows).toHaveLength(reasons.length);
});

interface ResponseEnd {
  readonly status: string;
  readonly incomplete_details?: { readonly reason: string } | null;
}

function encode(codec: ClientCodec, finishReason: FinishReason): unknown {
  const context: AnswerContext = { requestId: 'req_1', createdAt: 0, model: 'm', includeUsage: false, request: {} };
  const content = [{ type: 'text', text: 'Hello' }] as const;
  return codec.encodeResponse({ model: 'm', choices: [{ content, finishReason }], usage: noUsage }, context);
}
