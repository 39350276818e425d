import type { ClientCodec, UpstreamCodec } from '../../canonical/codec.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createStreamEncoder } from './encode-stream.ts';

/** Gemini generateContent, of Google AI and Vertex AI alike. */
export const geminiCodec = {
  name: 'gemini',
  optionPaths: { tool_choice: 'toolConfig.functionCallingConfig' },
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  streaming: { contentType: 'text/event-stream' },
} as const satisfies ClientCodec & UpstreamCodec;
