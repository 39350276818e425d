import { errorEvent } from '../../lambdas/http/error-envelope.ts';
import type { GatewayError } from '../../lambdas/http/gateway-error.ts';
import { findProvider } from '../../lambdas/providers/registry.ts';
import { failedInside, invalidResponse } from '../../lambdas/routing/provider-error.ts';
import type { AnswerEnding, AnswerReader } from '../../lambdas/wire/answer-reader.ts';
import { anthropicMessages } from '../../lambdas/wire/anthropic-messages.ts';
import { gemini } from '../../lambdas/wire/gemini.ts';
import { parseJsonBody } from '../../lambdas/wire/json-body.ts';
import { openaiChat } from '../../lambdas/wire/openai-chat.ts';
import { openaiResponses } from '../../lambdas/wire/openai-responses.ts';
import { createPassThroughReader } from '../../lambdas/wire/pass-through-reader.ts';
import type { RequestCall, RequestFacts, ResponseFacts, WireProtocol } from '../../lambdas/wire/protocol.ts';
import {
  createTranslation,
  type Translation,
  type TranslationTarget,
} from '../../lambdas/wire/translation/translation.ts';
import type { ClientProtocol, UpstreamProtocol } from './cases.ts';
import type { Json } from './seen.ts';

/** The way of a request and its answer through the pure part of the proxy, composed as the data plane does. */
export const requestId = 'req_01JCONTRACT0000000000000000';

const wireProtocols: Readonly<Record<ClientProtocol, WireProtocol>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
};

/** Models that can all that their protocol has. */
const models: Readonly<Record<UpstreamProtocol, readonly [model: string, displayName: string]>> = {
  'openai-chat': ['gpt-5.2', "OpenAI's chat completions"],
  'openai-responses': ['gpt-5.2', "OpenAI's responses"],
  'anthropic-messages': ['claude-sonnet-4-5', 'Anthropic'],
  gemini: ['gemini-2.5-pro', 'Google Gemini'],
  'bedrock-converse': ['anthropic.claude-sonnet-4-5-20250929-v1:0', "Amazon Bedrock's Converse"],
};

/** Some provider: which one makes no difference to the form of an error. */
const provider = findProvider('openai') ?? missing();

function missing(): never {
  throw new TypeError('there is no such provider');
}

export function readFacts(client: ClientProtocol, fields: Json, streamed: boolean): RequestFacts {
  return wireProtocols[client].readRequest(parseJsonBody(Buffer.from(JSON.stringify(fields))), callOf(streamed));
}

function callOf(streamed: boolean): RequestCall {
  const method = streamed ? 'streamGenerateContent' : 'generateContent';
  return {
    path: `/v1beta/models/gemini-2.5-pro:${method}`,
    query: new URLSearchParams(streamed ? { alt: 'sse' } : {}),
  };
}

/** As the client would ask for a stream and all it can tell. */
export function withStream(client: ClientProtocol, fields: Json, streamed: boolean): Json {
  if (!streamed || client === 'gemini') return fields;
  return { ...fields, stream: true, ...(client === 'openai-chat' && { stream_options: { include_usage: true } }) };
}

/** @throws WireError */
export function translationOf(
  client: ClientProtocol,
  fields: Json,
  options: { readonly streamed: boolean; readonly dropUnsupported?: boolean; readonly requestId?: string },
): Translation {
  const facts = readFacts(client, fields, options.streamed);
  return createTranslation({
    client,
    fields,
    stream: facts.stream,
    dropUnsupported: options.dropUnsupported ?? false,
    context: {
      requestId: options.requestId ?? requestId,
      createdAt: 1_763_812_800,
      includeUsage: facts.wantsStreamUsage,
    },
  });
}

export function targetOf(protocol: UpstreamProtocol, maxOutputTokens: number | undefined): TranslationTarget {
  const [model, displayName] = models[protocol];
  return {
    protocol,
    displayName,
    model,
    maxOutputTokens,
    modelMaxOutputTokens: 64_000,
    maxTokensField: 'max_completion_tokens',
    acceptsStreamOptions: true,
    capabilities: { reasoningBy: 'budget' },
  };
}

/** The body that a provider of the client's own protocol gets. */
export function passRequest(client: ClientProtocol, body: Buffer, streamed: boolean): Buffer {
  const parsed = parseJsonBody(body);
  const facts = wireProtocols[client].readRequest(parsed, callOf(streamed));
  return wireProtocols[client].buildRequest(parsed, facts, {
    model: facts.model,
    maxOutputTokens: undefined,
    maxTokensField: 'max_completion_tokens',
    requestStreamUsage: true,
  });
}

export function passThroughReader(client: ClientProtocol): AnswerReader {
  return createPassThroughReader(wireProtocols[client].createStreamTap({ hideUsage: false }));
}

export interface StreamedAnswer {
  readonly bytes: Buffer;
  readonly ending: AnswerEnding;
  readonly facts: ResponseFacts;
  /** What the caller is told where the ending is none. */
  readonly error: GatewayError | undefined;
}

/** Everything the client gets of a stream whose bytes come in these chunks, a final error included. */
export function readStream(client: ClientProtocol, reader: AnswerReader, chunks: Iterable<Buffer>): StreamedAnswer {
  const passed: Buffer[] = [];
  for (const chunk of chunks) {
    if (reader.ending() !== undefined) break;
    passed.push(reader.push(chunk));
  }
  if (reader.ending() === undefined) passed.push(reader.finish());
  const ending = reader.ending();
  if (ending === undefined) throw new TypeError('the stream has no ending');
  const error = errorOf(ending);
  if (ending.kind === 'end') passed.push(ending.bytes);
  if (error !== undefined) passed.push(errorEvent(error, wireProtocols[client].dialect, requestId));
  return { bytes: Buffer.concat(passed), ending, facts: reader.facts(), error };
}

function errorOf(ending: AnswerEnding): GatewayError | undefined {
  switch (ending.kind) {
    case 'end':
      return undefined;
    case 'error':
      return failedInside(provider, ending.error);
    case 'broken':
      return invalidResponse(provider, ending.problem);
  }
}
