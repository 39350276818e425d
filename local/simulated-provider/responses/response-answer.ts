import { randomUUID } from 'node:crypto';
import { totalInputTokens, totalTokens } from '../../../lambdas/metering/token-usage.ts';
import type { Answer } from '../answer.ts';
import { buildItem, type ItemOptions, type OutputItem } from './output-items.ts';
import type { ResponsesRequest } from './request.ts';

/** What the answer itself does not say. */
export interface ResponseFrame extends ItemOptions {
  readonly id: string;
  readonly createdAt: number;
  readonly request: ResponsesRequest;
}

export function createFrame(request: ResponsesRequest, options: ItemOptions): ResponseFrame {
  const id = `resp_${randomUUID().replaceAll('-', '')}`;
  return { id, createdAt: Math.floor(Date.now() / 1000), request, ...options };
}

const incompleteReasons: Readonly<Partial<Record<Answer['ending'], string>>> = {
  length: 'max_output_tokens',
  filtered: 'content_filter',
};

/** The whole answer in one document. */
export function buildResponse(frame: ResponseFrame, answer: Answer, items: readonly OutputItem[]): object {
  const reason = incompleteReasons[answer.ending];
  return {
    ...buildOpenResponse(frame),
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    output: items.map((item) => buildItem(item, answer, frame)),
    usage: buildUsage(answer),
  };
}

/** The document while the answer is in the making; the request's own settings are repeated in it. */
export function buildOpenResponse({ id, createdAt, request }: ResponseFrame): object {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: request.model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { format: request.text?.format ?? { type: 'text' }, verbosity: request.text?.verbosity ?? 'medium' },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    usage: null,
    user: request.user ?? null,
    metadata: request.metadata ?? {},
  };
}

function buildUsage({ usage }: Answer): object {
  return {
    input_tokens: totalInputTokens(usage),
    input_tokens_details: { cached_tokens: usage.cacheReadInputTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: totalTokens(usage),
  };
}
