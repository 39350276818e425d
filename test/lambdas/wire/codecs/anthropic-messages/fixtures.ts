import { createAssembler } from '../../../../../lambdas/wire/canonical/assemble.ts';
import type { AnswerContext, EncodingTarget, WireEvent } from '../../../../../lambdas/wire/canonical/codec.ts';
import { createLosses, type Losses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type { CanonicalRequest, Message } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalEvent, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { anthropicMessagesCodec } from '../../../../../lambdas/wire/codecs/anthropic-messages/codec.ts';

export type Json = Readonly<Record<string, unknown>>;

export const context: AnswerContext = {
  requestId: 'req_7',
  createdAt: 1_790_000_000,
  model: 'asked/for',
  includeUsage: false,
  request: {},
};

export const target: EncodingTarget = {
  model: 'claude-test',
  maxOutputTokens: 4000,
  modelMaxOutputTokens: 64_000,
  maxTokensField: 'max_tokens',
  acceptsStreamOptions: false,
};

export function requestOf(members: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return { stream: false, messages: [user('Hi')], tools: [], sampling: {}, untranslated: [], ...members };
}

export function user(text: string): Message {
  return { role: 'user', content: [{ type: 'text', text }] };
}

/** What goes out, and what is left out of it on the caller's wish. */
export function encode(
  request: CanonicalRequest,
  capabilities?: EncodingTarget['capabilities'],
  losses: Losses = createLosses('Anthropic', { dropping: false }),
): Json {
  const to = { ...target, ...(capabilities !== undefined && { capabilities }) };
  return anthropicMessagesCodec.encodeRequest(request, to, losses) as Json;
}

export function encodeDropping(
  request: CanonicalRequest,
  capabilities?: EncodingTarget['capabilities'],
): { body: Json; dropped: readonly string[] } {
  const losses = createLosses('Anthropic', { dropping: true });
  return { body: encode(request, capabilities, losses), dropped: losses.dropped };
}

export function decode(members: Json): CanonicalRequest {
  const fields = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...members };
  return anthropicMessagesCodec.decodeRequest(fields, { stream: false });
}

export function toWireEvents(sse: string): readonly WireEvent[] {
  return sse
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => ({
      name: /^event: (.*)$/m.exec(event)?.[1],
      data: /^data: (.*)$/m.exec(event)?.[1] ?? '',
    }));
}

export function assemble(readings: readonly Reading[]): readonly CanonicalEvent[] {
  const assembler = createAssembler('req_7');
  return [...readings.flatMap((reading) => assembler.read(reading)), ...assembler.end()];
}

export function encodeStream(readings: readonly Reading[]): string {
  const encoder = anthropicMessagesCodec.createStreamEncoder(context);
  return assemble(readings)
    .map((event) => encoder.encode(event))
    .join('');
}

export function decodeStream(sse: string): readonly Reading[] {
  const decoder = anthropicMessagesCodec.createStreamDecoder();
  return toWireEvents(sse).flatMap((event) => decoder.decode(event));
}
