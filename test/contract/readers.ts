import type { ClientProtocol, UpstreamProtocol } from './cases.ts';
import { readAnthropicMessagesAnswer, readAnthropicMessagesStream } from './grammars/anthropic-messages.ts';
import { readBedrockConverseAnswer, readBedrockConverseStream } from './grammars/bedrock-converse.ts';
import { readGeminiAnswer, readGeminiStream } from './grammars/gemini.ts';
import { readOpenAiChatAnswer, readOpenAiChatStream } from './grammars/openai-chat.ts';
import { readOpenAiResponsesAnswer, readOpenAiResponsesStream } from './grammars/openai-responses.ts';
import { readAnthropicMessagesRequest } from './requests/anthropic-messages.ts';
import { readBedrockConverseRequest } from './requests/bedrock-converse.ts';
import { readGeminiRequest } from './requests/gemini.ts';
import { readOpenAiChatRequest } from './requests/openai-chat.ts';
import { readOpenAiResponsesRequest } from './requests/openai-responses.ts';
import type { Json, SeenAnswer, SeenRequest } from './seen.ts';

interface Readers {
  request(body: Json): SeenRequest;
  answer(body: Json): SeenAnswer;
  stream(bytes: Buffer): SeenAnswer;
}

/** Each throws `Illegal` where the protocol's rules are broken. */
export const readers: Readonly<Record<ClientProtocol | UpstreamProtocol, Readers>> = {
  'openai-chat': { request: readOpenAiChatRequest, answer: readOpenAiChatAnswer, stream: readOpenAiChatStream },
  'openai-responses': {
    request: readOpenAiResponsesRequest,
    answer: readOpenAiResponsesAnswer,
    stream: readOpenAiResponsesStream,
  },
  'anthropic-messages': {
    request: readAnthropicMessagesRequest,
    answer: readAnthropicMessagesAnswer,
    stream: readAnthropicMessagesStream,
  },
  gemini: { request: readGeminiRequest, answer: readGeminiAnswer, stream: readGeminiStream },
  'bedrock-converse': {
    request: readBedrockConverseRequest,
    answer: readBedrockConverseAnswer,
    stream: readBedrockConverseStream,
  },
};
