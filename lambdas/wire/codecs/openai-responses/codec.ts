import type { ClientCodec, UpstreamCodec } from '../../canonical/codec.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { ResponsesStreamDecoder } from './decode-stream.ts';
import { encodeRequest, leastOutputTokens } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createStreamEncoder } from './encode-stream.ts';

/** OpenAI responses, without storage (docs/decisions/0031). https://platform.openai.com/docs/api-reference/responses */
export const openaiResponsesCodec = {
  name: 'openai-responses',
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  encodeRequest,
  fewestOutputTokens: () => leastOutputTokens,
  decodeResponse,
  createStreamDecoder: () => new ResponsesStreamDecoder(),
  streaming: { contentType: 'text/event-stream' },
} as const satisfies ClientCodec & UpstreamCodec;
