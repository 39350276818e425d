import { isObject, tokenCount } from '../../json-fields.ts';
import { anthropicMessagesCodec } from '../anthropic-messages/codec.ts';
import { type CountTokensCodec, pickMembers, withoutCap, withoutSampling } from './codec.ts';

const counted = ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config'];

/** https://platform.claude.com/docs/en/api/messages-count-tokens */
export const anthropicCountTokensCodec: CountTokensCodec = {
  name: 'anthropic-count-tokens',
  decodeRequest: (fields) => anthropicMessagesCodec.decodeRequest(fields, { stream: false }),
  encodeCount: (request, target, losses) =>
    pickMembers(anthropicMessagesCodec.encodeRequest(withoutSampling(request), withoutCap(target), losses), counted),
  decodeCount: (value) => (isObject(value) ? tokenCount(value['input_tokens']) : undefined),
  encodeCountResponse: (tokens) => ({ input_tokens: tokens }),
};
