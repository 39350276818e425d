import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerReader } from '../wire/answer-reader.ts';
import { tokenCount } from '../wire/json-fields.ts';
import { createPassThroughReader } from '../wire/pass-through-reader.ts';
import type { RequestFacts, ResponseFacts, WireProtocol } from '../wire/protocol.ts';
import type { AnswerTranslation } from '../wire/translation/translation.ts';

/** How an answer of one target is read: as it is, or translated into the caller's protocol. */
export interface AnswerForm {
  /** What the provider must answer with where a stream was asked for. */
  readonly streamContentType: string;
  createReader(): AnswerReader;
  /** `undefined` when this is no answer of the provider's protocol. */
  readWhole(
    value: unknown,
    bytes: Buffer,
    headers: IncomingHttpHeaders,
  ): { readonly body: Buffer; readonly facts: ResponseFacts } | undefined;
}

/** Both speak one protocol: the provider's bytes are the caller's. */
export function passThroughForm(protocol: WireProtocol, facts: RequestFacts): AnswerForm {
  return {
    streamContentType: 'text/event-stream',
    createReader: () => createPassThroughReader(protocol.createStreamTap({ hideUsage: !facts.wantsStreamUsage })),
    readWhole(value, body) {
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
    readWhole: (value, _bytes, headers) => answer.readWhole(value, tokenCount(Number(headers[inputTokensHeader]))),
  };
}
