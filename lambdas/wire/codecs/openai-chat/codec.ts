import type { ClientCodec, UpstreamCodec } from '../../canonical/codec.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createStreamEncoder } from './encode-stream.ts';

/** OpenAI chat completions, to and from the canonical model. */
export const openaiChatCodec = {
  name: 'openai-chat',
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  streaming: { contentType: 'text/event-stream' },
} as const satisfies ClientCodec & UpstreamCodec;
