import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerReader } from '../wire/answer-reader.ts';
import { createBytesReader } from '../wire/bytes-reader.ts';
import { tokenCount } from '../wire/json-fields.ts';
import { createPassThroughReader } from '../wire/pass-through-reader.ts';
import type { RequestFacts, ResponseFacts, WireProtocol } from '../wire/protocol.ts';
import type { AnswerTranslation } from '../wire/translation/translation.ts';

/** How an answer of one target is read: as it is, or translated into the caller's protocol. */
export interface AnswerForm {
  /** What the provider must answer with where a stream was asked for; its beginning. */
  readonly streamContentType: string;
  createReader(): AnswerReader;
  /** `undefined` when this is no answer of the provider's protocol. `value` is `undefined` where the answer is not JSON. */
  readWhole(value: unknown, bytes: Buffer, headers: IncomingHttpHeaders): WholeAnswer | undefined;
}

export interface WholeAnswer {
  readonly body: Buffer;
  readonly facts: ResponseFacts;
  /** Where it is not JSON. */
  readonly contentType?: string;
}

/** Both speak one protocol: the provider's bytes are the caller's. */
export function passThroughForm(protocol: WireProtocol, facts: RequestFacts): AnswerForm {
  const { choices, wantsStreamUsage, streamForm } = facts;
  return {
    streamContentType: streamForm === 'bytes' ? 'audio/' : 'text/event-stream',
    createReader: () =>
      streamForm === 'bytes'
        ? createBytesReader(facts)
        : createPassThroughReader(protocol.createStreamTap({ hideUsage: !wantsStreamUsage, choices })),
    readWhole(value, body, { 'content-type': contentType = '' }) {
      if (protocol.plainAnswers?.test(contentType) === true)
        return { body, facts: { usage: undefined, finishReason: undefined }, contentType };
      const read = protocol.readResponse(value);
      return read && { body, facts: read };
    },
  };
}

/** Bedrock tells the tokens of embeddings in a header, and in the body only for some models. */
const inputTokensHeader = 'x-amzn-bedrock-input-token-count';

export function translatedForm(answer: AnswerTranslation): AnswerForm {
  return {
    streamContentType: answer.streamContentType,
    createReader: () => answer.createReader(),
    readWhole: (value, _bytes, headers) =>
      value === undefined ? undefined : answer.readWhole(value, tokenCount(Number(headers[inputTokensHeader]))),
  };
}
