import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAssembler } from '../../lambdas/wire/canonical/assemble.ts';
import type { AnswerContext } from '../../lambdas/wire/canonical/codec.ts';
import { completeResponse } from '../../lambdas/wire/canonical/complete-response.ts';
import { createLosses } from '../../lambdas/wire/canonical/losses.ts';
import type { StateOrigin } from '../../lambdas/wire/canonical/opaque.ts';
import type { CanonicalRequest } from '../../lambdas/wire/canonical/request.ts';
import type { CanonicalEvent, CanonicalResponse } from '../../lambdas/wire/canonical/response.ts';
import { readingsOf, requests, responses } from './arbitraries.ts';
import { type ClientProtocol, clientProtocols } from './cases.ts';
import { codecs } from './codecs.ts';
import { requestForm, responseForm } from './normal-form.ts';
import { requestId, targetOf } from './pipeline.ts';
import { readers } from './readers.ts';
import { json, type Json } from './seen.ts';
import { collectResponse, eventsOf } from './streams.ts';

/** Whose proof of reasoning the protocol carries as it is. Chat carries none of its own. */
const origins: Readonly<Record<ClientProtocol, StateOrigin>> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  gemini: 'gemini',
};

const context: AnswerContext = {
  requestId,
  createdAt: 1_763_812_800,
  model: 'model-1',
  includeUsage: true,
  request: {},
};

function throughJson(value: object): Json {
  return json(JSON.stringify(value));
}

describe.each(clientProtocols)('round trip through %s', (protocol) => {
  const codec = codecs[protocol];

  it('gives requests back', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const expressible = expressibleIn(protocol, request);
        const losses = createLosses('the target', { dropping: false });

        const target = targetOf(protocol, request.maxOutputTokens);
        const body = throughJson(codec.encodeRequest(expressible, target, losses));

        expect(requestForm(codec.decodeRequest(body, { stream: false }))).toEqual(requestForm(expressible));
        readers[protocol].request(body);
      }),
    );
  });

  it('gives whole answers back', () => {
    fc.assert(
      fc.property(responses(origins[protocol]), (generated) => {
        const response = tellableIn(protocol, generated);

        const body = throughJson(codec.encodeResponse(response, context));

        const decoded = codec.decodeResponse(body);
        expect(decoded && responseForm(completeResponse(decoded, requestId))).toEqual(responseForm(response));
        readers[protocol].answer(body);
      }),
    );
  });

  it('gives streamed answers back, in a sequence its grammar allows', () => {
    fc.assert(
      fc.property(responses(origins[protocol]), fc.integer({ min: 1, max: 9 }), (generated, pieces) => {
        const response = tellableIn(protocol, generated);
        const assembler = createAssembler(requestId);
        const encoder = codec.createStreamEncoder(context);

        const written = readingsOf(response, pieces)
          .flatMap((reading) => assembler.read(reading))
          .map((event: CanonicalEvent) => encoder.encode(event));

        const bytes = Buffer.from(written.join(''));
        const seen = readers[protocol].stream(bytes);
        expect(seen).toEqual(readers[protocol].answer(throughJson(codec.encodeResponse(response, context))));
        expect(responseForm(collectResponse(eventsOf(codec, bytes)))).toEqual(responseForm(response));
      }),
    );
  });
});

/** Less what the protocol has no member for. */
function expressibleIn(protocol: ClientProtocol, request: CanonicalRequest): CanonicalRequest {
  if (protocol !== 'gemini') return request;
  // The Gemini API takes no names of files, and before Gemini 3 no schema of the answer beside tools.
  const content = request.messages.map((message) =>
    message.role === 'user'
      ? {
          ...message,
          content: message.content.map((part) => {
            if (part.type !== 'document') return part;
            const { fileName: _name, ...nameless } = part;
            return nameless;
          }),
        }
      : message,
  );
  const { outputFormat: _format, ...unformatted } = request;
  return { ...unformatted, messages: content };
}

function tellableIn(protocol: ClientProtocol, response: CanonicalResponse): CanonicalResponse {
  const { usage } = response;
  if (usage === undefined) return response;
  const writes = usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
  switch (protocol) {
    case 'anthropic-messages':
      return response;
    case 'gemini':
      return {
        ...response,
        usage: {
          ...usage,
          inputTokens: usage.inputTokens + writes,
          cacheWrite5mInputTokens: 0,
          cacheWrite1hInputTokens: 0,
        },
      };
    default:
      // One figure for both lifetimes.
      return { ...response, usage: { ...usage, cacheWrite5mInputTokens: writes, cacheWrite1hInputTokens: 0 } };
  }
}
