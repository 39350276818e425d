import type { UpstreamCodec } from '../../canonical/codec.ts';
import { fewestOutputTokens } from '../anthropic-messages/thinking.ts';
import { decodeResponse } from './decode-response.ts';
import { ConverseStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { modelFamily } from './model-family.ts';

/** Amazon Bedrock's Converse and ConverseStream. https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html */
export const bedrockConverseCodec: UpstreamCodec = {
  name: 'bedrock-converse',
  encodeRequest,
  fewestOutputTokens: (request, target) => (modelFamily(target) === 'claude' ? fewestOutputTokens(request, target) : 1),
  decodeResponse,
  createStreamDecoder: () => new ConverseStreamDecoder(),
  streaming: { contentType: 'application/vnd.amazon.eventstream' },
};
