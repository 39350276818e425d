import type { RequestedModel } from '../models.ts';
import { refuse } from '../refusal.ts';
import { isSealed } from '../seal.ts';
import type { Turn } from './check-messages.ts';
import type { MessagesRequest } from './messages-request.ts';

/** Whose signatures these are; the same on every platform that serves Claude. */
export const signer = 'anthropic';
/** What redacted thinking is sealed with in place of its text. */
export const redacted = 'redacted';

/** Every thinking block in a conversation is checked, whatever the model: it comes back as it was, or not at all. */
export function checkThinkingBlocks(turns: readonly Turn[]): void {
  for (const { blocks, path } of turns) {
    for (const [at, block] of blocks.entries()) {
      const place = `${path}.content.${at}`;
      if (block.type === 'thinking' && !isSealed(signer, block.thinking, block.signature)) {
        refuse(place, `${place}: Invalid \`signature\` in \`thinking\` block`);
      }
      if (block.type === 'redacted_thinking' && !isSealed(signer, redacted, block.data)) {
        refuse(place, `${place}: Invalid \`data\` in \`redacted_thinking\` block`);
      }
    }
  }
}

/**
 * Inside a tool loop a model that was told to think wants its thinking back; one that thinks as it sees fit goes on without.
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking#validation-changes
 */
export function requireThinking(turns: readonly Turn[], request: MessagesRequest, model: RequestedModel): void {
  const isManual = request.thinking?.type === 'enabled';
  if (model.id !== 'reasoning' || !(isManual || model.parameters.strict === 1)) return;
  const [answer, results] = turns.slice(-2);
  if (answer === undefined || !results?.blocks.some(({ type }) => type === 'tool_result')) return;
  const first = answer.blocks[0]?.type;
  if (first === 'thinking' || first === 'redacted_thinking') return;
  const place = `${answer.path}.content.0.type`;
  refuse(
    place,
    `${place}: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). To avoid this requirement, disable \`thinking\`.`,
  );
}
