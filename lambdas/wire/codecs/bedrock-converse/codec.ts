import type { UpstreamCodec } from '../../canonical/codec.ts';
import { decodeResponse } from './decode-response.ts';
import { ConverseStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';

/** Amazon Bedrock's Converse and ConverseStream. https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html */
export const bedrockConverseCodec: UpstreamCodec = {
  name: 'bedrock-converse',
  encodeRequest,
  decodeResponse,
  createStreamDecoder: () => new ConverseStreamDecoder(),
  streaming: { contentType: 'application/vnd.amazon.eventstream' },
};
