import { isObject, tokenCount } from '../../json-fields.ts';
import { openaiResponsesCodec } from '../openai-responses/codec.ts';
import { type CountTokensCodec, pickMembers, withoutCap, withoutSampling } from './codec.ts';

const counted = [
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'truncation',
];

/** https://platform.openai.com/docs/api-reference/responses/input-tokens */
export const openaiCountTokensCodec: CountTokensCodec = {
  name: 'openai-count-tokens',
  decodeRequest: (fields) => openaiResponsesCodec.decodeRequest(fields, { stream: false }),
  encodeCount: (request, target, losses) =>
    pickMembers(openaiResponsesCodec.encodeRequest(withoutSampling(request), withoutCap(target), losses), counted),
  decodeCount: (value) => (isObject(value) ? tokenCount(value['input_tokens']) : undefined),
  encodeCountResponse: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
};
