import type { TokenUsage } from '../metering/token-usage.ts';
import { isObject, tokenCount } from './json-fields.ts';
import type { FinishReason } from './protocol.ts';

/** The `usage` of a response: `input_tokens` includes what came from and went into the cache. `undefined` without a figure. */
export function readResponsesUsage(value: unknown): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  const input = tokenCount(value['input_tokens']);
  if (input === undefined) return undefined;
  const inputDetails = isObject(value['input_tokens_details']) ? value['input_tokens_details'] : {};
  const outputDetails = isObject(value['output_tokens_details']) ? value['output_tokens_details'] : {};
  const cacheRead = Math.min(tokenCount(inputDetails['cached_tokens']) ?? 0, input);
  const cacheWrite = Math.min(tokenCount(inputDetails['cache_write_tokens']) ?? 0, input - cacheRead);
  return {
    inputTokens: input - cacheRead - cacheWrite,
    cacheReadInputTokens: cacheRead,
    cacheWrite5mInputTokens: cacheWrite,
    cacheWrite1hInputTokens: 0,
    outputTokens: tokenCount(value['output_tokens']) ?? 0,
    reasoningTokens: tokenCount(outputDetails['reasoning_tokens']) ?? 0,
  };
}

/** A response has no finish reason of its own: its status tells, and what is in its output. */
export function readResponsesFinish(response: Readonly<Record<string, unknown>>): FinishReason | undefined {
  switch (response['status'] ?? 'completed') {
    case 'completed':
      return finishOfOutput(Array.isArray(response['output']) ? response['output'] : []);
    case 'incomplete':
      return finishOfIncomplete(response['incomplete_details']);
    case 'queued':
    case 'in_progress':
      return undefined;
    default:
      return 'other';
  }
}

function finishOfIncomplete(details: unknown): FinishReason {
  const reason = isObject(details) ? details['reason'] : undefined;
  if (reason === 'max_output_tokens') return 'length';
  return reason === 'content_filter' ? 'content_filter' : 'other';
}

/** Calls that wait for the client; those of the provider's own tools are answered already. */
const clientCalls: ReadonlySet<unknown> = new Set([
  'function_call',
  'custom_tool_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
  'computer_call',
]);

function finishOfOutput(output: readonly unknown[]): FinishReason {
  const items = output.filter(isObject);
  if (items.some(({ type }) => clientCalls.has(type))) return 'tool_calls';
  const parts = items.flatMap(({ content }): unknown[] => (Array.isArray(content) ? content : []));
  return parts.some((part) => isObject(part) && part['type'] === 'refusal') ? 'refusal' : 'stop';
}
