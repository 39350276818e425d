import type { CanonicalResponse, TokenLogprob } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { readResponsesFinish, readResponsesUsage } from '../../openai-responses-facts.ts';
import { decodeOutputItem } from './decode-output.ts';
import { readLogprobs } from './logprobs.ts';

/** A response that failed is an error that came with the status 200, and none that is still in progress can be an answer. */
export function decodeResponse(value: unknown): CanonicalResponse | undefined {
  if (!isObject(value) || !Array.isArray(value['output'])) return undefined;
  const { model, output, status = 'completed' } = value;
  if (status !== 'completed' && status !== 'incomplete') return undefined;
  const usage = readResponsesUsage(value['usage']);
  const logprobs = output.flatMap(logprobsOf);
  return {
    ...(typeof model === 'string' && { model }),
    choices: [
      {
        content: output.flatMap(decodeOutputItem),
        finishReason: readResponsesFinish(value) ?? 'other',
        ...(logprobs.length > 0 && { logprobs }),
      },
    ],
    ...(usage !== undefined && { usage }),
  };
}

function logprobsOf(item: unknown): readonly TokenLogprob[] {
  const content = isObject(item) && Array.isArray(item['content']) ? item['content'] : [];
  return content.flatMap((part) => (isObject(part) ? readLogprobs(part['logprobs']) : []));
}
