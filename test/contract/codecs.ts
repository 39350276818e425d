import type { ClientCodec, UpstreamCodec } from '../../lambdas/wire/canonical/codec.ts';
import { anthropicMessagesCodec } from '../../lambdas/wire/codecs/anthropic-messages/codec.ts';
import { geminiCodec } from '../../lambdas/wire/codecs/gemini/codec.ts';
import { openaiChatCodec } from '../../lambdas/wire/codecs/openai-chat/codec.ts';
import { openaiResponsesCodec } from '../../lambdas/wire/codecs/openai-responses/codec.ts';
import type { ClientProtocol } from './cases.ts';

/** The protocols that are spoken on both sides, so that what one half writes the other can read. */
export const codecs: Readonly<Record<ClientProtocol, ClientCodec & UpstreamCodec>> = {
  'openai-chat': openaiChatCodec,
  'openai-responses': openaiResponsesCodec,
  'anthropic-messages': anthropicMessagesCodec,
  gemini: geminiCodec,
};
