import { countingFacts, createCountingTap, readCount } from './counting.ts';
import { withMembers } from './json-body.ts';
import { requireModel } from './json-fields.ts';
import { withoutUnproved } from './openai-responses-unproved.ts';
import { refuseStorage } from './openai-responses.ts';
import type { WireProtocol } from './protocol.ts';

/** Counting the input of a response: free of charge. https://platform.openai.com/docs/api-reference/responses/input-tokens */
export const openaiCountTokens = {
  name: 'openai-count-tokens',
  dialect: 'openai',
  readRequest(body) {
    refuseStorage(body.value);
    return countingFacts(requireModel(body.value));
  },
  buildRequest(body, facts, changes) {
    const input = withoutUnproved(body.value['input']);
    const model = changes.model === facts.model ? {} : { model: changes.model };
    return withMembers(body, { ...model, ...(input !== undefined && { input }) });
  },
  readResponse: readCount('input_tokens'),
  createStreamTap: createCountingTap,
} as const satisfies WireProtocol;
