import { geminiMember } from '../../gemini-fields.ts';
import { isObject, tokenCount } from '../../json-fields.ts';
import { geminiCodec } from '../gemini/codec.ts';
import { type CountTokensCodec, withoutCap, withoutSampling } from './codec.ts';

/**
 * A client sends contents alone or a whole request inside; paths of errors are of that request then.
 * https://ai.google.dev/api/tokens#method:-models.counttokens
 */
export const geminiCountTokensCodec: CountTokensCodec = {
  name: 'gemini-count-tokens',
  decodeRequest(fields) {
    const whole = geminiMember(fields, 'generateContentRequest').value;
    return geminiCodec.decodeRequest(isObject(whole) ? whole : fields, { stream: false });
  },
  encodeCount(request, target, losses) {
    const body = geminiCodec.encodeRequest(withoutSampling(request), withoutCap(target), losses);
    // Instructions and tools count only in a whole request, which has to name its model again.
    if (Object.keys(body).every((name) => name === 'contents')) return body;
    return { generateContentRequest: { model: `models/${target.model}`, ...body } };
  },
  decodeCount: (value) => (isObject(value) ? tokenCount(value['totalTokens']) : undefined),
  encodeCountResponse: (tokens) => ({ totalTokens: tokens }),
};
