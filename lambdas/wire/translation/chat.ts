import { AwsEventStreamReader } from '../aws-event-stream.ts';
import type { ClientCodec, UpstreamCodec } from '../canonical/codec.ts';
import { completeResponse } from '../canonical/complete-response.ts';
import { renameLosses } from '../canonical/losses.ts';
import { anthropicMessagesCodec } from '../codecs/anthropic-messages/codec.ts';
import { bedrockConverseCodec } from '../codecs/bedrock-converse/codec.ts';
import { geminiCodec } from '../codecs/gemini/codec.ts';
import { openaiChatCodec } from '../codecs/openai-chat/codec.ts';
import { openaiResponsesCodec } from '../codecs/openai-responses/codec.ts';
import { codecsByName, passLosses } from './codecs-by-name.ts';
import { createSseFraming } from './framing.ts';
import { measureConversation } from './measure-conversation.ts';
import { createTranslatingReader } from './translating-reader.ts';
import type { AnswerTranslation, Translation, TranslationSource } from './translation.ts';

const clientCodecs = codecsByName<ClientCodec>([
  openaiChatCodec,
  openaiResponsesCodec,
  anthropicMessagesCodec,
  geminiCodec,
]);

const upstreamCodecs = codecsByName<UpstreamCodec>([
  openaiChatCodec,
  openaiResponsesCodec,
  anthropicMessagesCodec,
  geminiCodec,
  bedrockConverseCodec,
]);

/** Conversations. The request is decoded once, whatever the number of targets. */
export function createChatTranslation(source: TranslationSource): Translation {
  const client = clientCodecs(source.client);
  const request = client.decodeRequest(source.fields, { stream: source.stream });
  return {
    encode(target) {
      const upstream = upstreamCodecs(target.protocol);
      return passLosses(request, target, source.dropUnsupported, {
        encode: (losses) => upstream.encodeRequest(request, target, renameLosses(losses, client.optionPaths)),
        measure: (body) => ({
          ...measureConversation(request, body),
          minOutputTokens: upstream.fewestOutputTokens?.(request, target) ?? 1,
        }),
      });
    },
    answer: ({ protocol, model }) => translateAnswer(source, upstreamCodecs(protocol), model),
  };
}

function translateAnswer(source: TranslationSource, upstream: UpstreamCodec, model: string): AnswerTranslation {
  const client = clientCodecs(source.client);
  const context = { ...source.context, model, request: source.fields };
  const { requestId } = context;
  const { contentType } = upstream.streaming;
  return {
    streamContentType: contentType,
    createReader: () =>
      createTranslatingReader({
        framing: contentType === 'text/event-stream' ? createSseFraming() : new AwsEventStreamReader(),
        decoder: upstream.createStreamDecoder(),
        encoder: client.createStreamEncoder(context),
        requestId,
      }),
    readWhole(value) {
      const decoded = upstream.decodeResponse(value);
      if (decoded === undefined) return undefined;
      const response = completeResponse(decoded, requestId);
      return {
        body: Buffer.from(JSON.stringify(client.encodeResponse(response, context))),
        facts: { usage: response.usage, finishReason: response.choices[0]?.finishReason },
      };
    },
  };
}
