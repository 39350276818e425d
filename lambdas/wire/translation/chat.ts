import { AwsEventStreamReader } from '../aws-event-stream.ts';
import type { ClientCodec, UpstreamCodec } from '../canonical/codec.ts';
import { completeResponse } from '../canonical/complete-response.ts';
import { createLosses } from '../canonical/losses.ts';
import { anthropicMessagesCodec } from '../codecs/anthropic-messages/codec.ts';
import { bedrockConverseCodec } from '../codecs/bedrock-converse/codec.ts';
import { geminiCodec } from '../codecs/gemini/codec.ts';
import { openaiChatCodec } from '../codecs/openai-chat/codec.ts';
import { openaiResponsesCodec } from '../codecs/openai-responses/codec.ts';
import type { ProtocolName } from '../protocol-name.ts';
import { createSseFraming } from './framing.ts';
import { createTranslatingReader } from './translating-reader.ts';
import type { Translation, TranslationSource } from './translation.ts';

const clientCodecs = byName<ClientCodec>([openaiChatCodec, openaiResponsesCodec, anthropicMessagesCodec, geminiCodec]);

const upstreamCodecs = byName<UpstreamCodec>([
  openaiChatCodec,
  openaiResponsesCodec,
  anthropicMessagesCodec,
  geminiCodec,
  bedrockConverseCodec,
]);

/** Conversations. The request is decoded once, whatever the number of targets. */
export function createChatTranslation({
  client,
  fields,
  stream,
  dropUnsupported,
  context,
}: TranslationSource): Translation {
  const speaker = clientCodecs(client);
  const request = speaker.decodeRequest(fields, { stream });
  return {
    encode(target) {
      const losses = createLosses(target.displayName, { dropping: dropUnsupported });
      for (const { path, reason } of request.untranslated) {
        losses.drop(path, reason ?? 'its protocol has no such option');
      }
      const value = upstreamCodecs(target.protocol).encodeRequest(request, target, losses);
      return { value, dropped: losses.dropped };
    },
    answer({ protocol, model }) {
      const upstream = upstreamCodecs(protocol);
      const answerContext = { ...context, model, request: fields };
      const { contentType } = upstream.streaming;
      return {
        streamContentType: contentType,
        createReader: () =>
          createTranslatingReader({
            framing: contentType === 'text/event-stream' ? createSseFraming() : new AwsEventStreamReader(),
            decoder: upstream.createStreamDecoder(),
            encoder: speaker.createStreamEncoder(answerContext),
            requestId: context.requestId,
          }),
        readWhole(value) {
          const decoded = upstream.decodeResponse(value);
          if (decoded === undefined) return undefined;
          const response = completeResponse(decoded, context.requestId);
          return {
            body: Buffer.from(JSON.stringify(speaker.encodeResponse(response, answerContext))),
            facts: { usage: response.usage, finishReason: response.choices[0]?.finishReason },
          };
        },
      };
    },
  };
}

function byName<Codec extends { readonly name: ProtocolName }>(
  codecs: readonly Codec[],
): (name: ProtocolName) => Codec {
  const known = new Map(codecs.map((codec) => [codec.name, codec]));
  return (name) => {
    const codec = known.get(name);
    if (codec === undefined) throw new TypeError(`there is no codec for ${name}`);
    return codec;
  };
}
