import { countingFacts, createCountingTap, readCount } from './counting.ts';
import { withMembers } from './json-body.ts';
import { requireMessages, requireModel } from './json-fields.ts';
import type { WireProtocol } from './protocol.ts';

/** Anthropic's count of a request's tokens. https://platform.claude.com/docs/en/api/messages-count-tokens */
export const anthropicCountTokens = {
  name: 'anthropic-count-tokens',
  dialect: 'anthropic',
  readRequest(body) {
    requireMessages(body.value);
    return countingFacts(requireModel(body.value));
  },
  buildRequest: (body, facts, changes) =>
    withMembers(body, changes.model === facts.model ? {} : { model: changes.model }),
  readResponse: readCount('input_tokens'),
  createStreamTap: createCountingTap,
} as const satisfies WireProtocol;
