import type { ClientCodec, UpstreamCodec } from '../../canonical/codec.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createStreamEncoder } from './encode-stream.ts';
import { fewestOutputTokens } from './thinking.ts';

/** Anthropic messages. https://platform.claude.com/docs/en/api/messages */
export const anthropicMessagesCodec: ClientCodec & UpstreamCodec = {
  name: 'anthropic-messages',
  optionPaths: { parallel_tool_calls: 'tool_choice.disable_parallel_tool_use' },
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  encodeRequest,
  fewestOutputTokens,
  decodeResponse,
  createStreamDecoder,
  streaming: { contentType: 'text/event-stream' },
};
