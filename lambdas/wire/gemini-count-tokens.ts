import { countingFacts, createCountingTap, readCount } from './counting.ts';
import { conversationMethods, readGeminiCall } from './gemini-call.ts';
import { geminiMember } from './gemini-fields.ts';
import { withMembers } from './json-body.ts';
import { invalid, isObject } from './json-fields.ts';
import type { WireProtocol } from './protocol.ts';

/** Gemini countTokens. https://ai.google.dev/api/tokens */
export const geminiCountTokens = {
  name: 'gemini-count-tokens',
  dialect: 'gemini',
  readRequest(body, call) {
    const { model } = readGeminiCall(call, conversationMethods);
    const whole = geminiMember(body.value, 'generateContentRequest');
    if (!Array.isArray(body.value['contents']) && !isObject(whole.value)) throw invalid('contents', 'must be an array');
    return countingFacts(model);
  },
  buildRequest: (body) => withMembers(body, { model: undefined }),
  readResponse: readCount('totalTokens'),
  createStreamTap: createCountingTap,
} as const satisfies WireProtocol;
