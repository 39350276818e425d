import type { Response, ResponseOutputItem } from 'openai/resources/responses/responses';
import type { TokenUsage } from '../../../metering/token-usage.ts';
import type { AnswerContext } from '../../canonical/codec.ts';
import { isObject } from '../../json-fields.ts';
import type { FinishReason } from '../../protocol.ts';
import { writeUsage } from './usage.ts';

/** `output_text` is not on the wire: the SDKs make it. */
export type ResponseObject = Omit<Response, 'output_text'>;

export interface Outcome {
  readonly status: 'in_progress' | 'completed' | 'incomplete';
  readonly incomplete_details: Response.IncompleteDetails | null;
}

export const inProgress: Outcome = { status: 'in_progress', incomplete_details: null };
const completed: Outcome = { status: 'completed', incomplete_details: null };

/**
 * A refusal is a part of the output; one without words, as Anthropic's may be, can only be told as a filtered answer. What has no
 * word here, such as a pause, is a completed response.
 */
export function outcomeOf(reason: FinishReason, items: readonly ResponseOutputItem[]): Outcome {
  switch (reason) {
    case 'length':
      return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    case 'content_filter':
      return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
    case 'refusal':
      return items.some(isRefusal) ? completed : outcomeOf('content_filter', items);
    default:
      return completed;
  }
}

function isRefusal(item: ResponseOutputItem): boolean {
  return item.type === 'message' && item.content.some(({ type }) => type === 'refusal');
}

export interface Answer extends Outcome {
  readonly model: string | undefined;
  readonly output: ResponseOutputItem[];
  readonly usage: TokenUsage | undefined;
}

/** The whole document, with those members of the request that a response repeats. */
export function writeResponse(answer: Answer, context: AnswerContext): ResponseObject {
  return {
    id: `resp_${seedOf(context)}`,
    object: 'response',
    created_at: context.createdAt,
    status: answer.status,
    background: false,
    error: null,
    incomplete_details: answer.incomplete_details,
    model: answer.model ?? context.model,
    output: answer.output,
    previous_response_id: null,
    ...repeated(context.request),
    ...(answer.usage !== undefined && { usage: writeUsage(answer.usage) }),
  };
}

type Repeated = Pick<
  Response,
  'instructions' | 'metadata' | 'parallel_tool_calls' | 'temperature' | 'tool_choice' | 'tools' | 'top_p'
>;

/** As the client wrote it, with the API's defaults. */
function repeated(request: AnswerContext['request']): Repeated {
  const members: Record<string, unknown> = {
    instructions: request['instructions'] ?? null,
    max_output_tokens: request['max_output_tokens'] ?? null,
    metadata: request['metadata'] ?? {},
    parallel_tool_calls: request['parallel_tool_calls'] ?? true,
    reasoning: request['reasoning'] ?? { effort: null, summary: null },
    store: false,
    temperature: request['temperature'] ?? null,
    text: { format: { type: 'text' }, ...(isObject(request['text']) && request['text']) },
    tool_choice: request['tool_choice'] ?? 'auto',
    tools: request['tools'] ?? [],
    top_p: request['top_p'] ?? null,
    truncation: 'disabled',
  };
  return members as unknown as Repeated;
}

/** Of all ids in an answer. */
export function seedOf({ requestId }: AnswerContext): string {
  return requestId.replace(/^req_/, '');
}
