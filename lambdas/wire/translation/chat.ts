import { AwsEventStreamReader } from '../aws-event-stream.ts';
import type { ClientCodec, UpstreamCodec } from '../canonical/codec.ts';
import { completeResponse } from '../canonical/complete-response.ts';
import { type Losses, renameLosses } from '../canonical/losses.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
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
        encode: (losses) => {
          const renamed = renameLosses(losses, client.optionPaths);
          return upstream.encodeRequest(withoutVainDemand(request, renamed), target, renamed);
        },
        measure: (body) => ({
          ...measureConversation(request, body),
          minOutputTokens: upstream.fewestOutputTokens?.(request, target) ?? 1,
        }),
      });
    },
    answer: ({ protocol, model }) => translateAnswer(source, upstreamCodecs(protocol), model),
  };
}

/** A call that is demanded where there is nothing to call: OpenAI, Anthropic and Gemini refuse it themselves. */
function withoutVainDemand(request: CanonicalRequest, losses: Losses): CanonicalRequest {
  const { toolChoice, ...rest } = request;
  const demanded =
    toolChoice !== undefined && ('required' in toolChoice ? toolChoice.required : isDemand[toolChoice.kind]);
  if (request.tools.length > 0 || !demanded) return request;
  losses.drop('tool_choice', 'it demands a call, and there is no tool to call');
  return rest;
}

const isDemand = { auto: false, none: false, required: true, tool: true } as const;

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
