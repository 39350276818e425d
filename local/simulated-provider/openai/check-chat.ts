import { refuse } from '../refusal.ts';
import type { ChatMessage, ChatRequest } from './chat-request.ts';
import { requireStrictSchema } from './strict-schema.ts';

/** What OpenAI refuses of a request whose members are all of the right type. */
export function checkChatRequest(request: ChatRequest): void {
  refuseContradictions(request);
  checkConversation(request.messages);
  for (const [index, tool] of (request.tools ?? []).entries()) {
    if (tool.type !== 'function' || !tool.function.strict) continue;
    requireStrictSchema(tool.function.parameters ?? {}, {
      param: `tools[${index}].function.parameters`,
      name: tool.function.name,
    });
  }
  const format = request.response_format;
  if (format?.type === 'json_schema' && format.json_schema.strict) {
    requireStrictSchema(format.json_schema.schema, { param: 'response_format', name: format.json_schema.name });
  }
}

/** Members that OpenAI does not take together, or not without another. */
function refuseContradictions(request: ChatRequest): void {
  if (request.stream_options && !request.stream) {
    refuse('stream_options', "'stream_options' is only allowed when 'stream' is true.");
  }
  if (typeof request.max_tokens === 'number' && typeof request.max_completion_tokens === 'number') {
    refuse('max_tokens', "'max_tokens' and 'max_completion_tokens' cannot both be set.");
  }
  if (typeof request.top_logprobs === 'number' && request.logprobs !== true) {
    refuse('top_logprobs', "'top_logprobs' is only allowed when 'logprobs' is true.");
  }
  const hasTools = (request.tools?.length ?? 0) > 0;
  if (request.tools?.length === 0) refuse('tools', "[] is too short - 'tools'");
  if (request.tool_choice && !hasTools)
    refuse('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.");
  if (request.parallel_tool_calls !== undefined && !hasTools) {
    refuse('parallel_tool_calls', "'parallel_tool_calls' is only allowed when 'tools' are specified.");
  }
}

/** Every call of an assistant's message is answered by the tool messages right after it, and by nothing else. */
function checkConversation(messages: readonly ChatMessage[]): void {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      const path = `messages.${index}.tool_call_id`;
      if (!open.delete(message.tool_call_id)) {
        refuse(
          path,
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        );
      }
      continue;
    }
    refuseUnanswered(open, index);
    open = new Set(message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : []);
    if (message.role === 'assistant') checkAssistantMessage(message, index);
  }
  refuseUnanswered(open, messages.length);
}

function refuseUnanswered(open: ReadonlySet<string>, index: number): void {
  if (open.size === 0) return;
  const ids = [...open].join(', ');
  refuse(
    `messages.[${index}].role`,
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`,
  );
}

function checkAssistantMessage(message: ChatMessage & { role: 'assistant' }, index: number): void {
  const ids = (message.tool_calls ?? []).map(({ id }) => id);
  if (new Set(ids).size < ids.length) refuse(`messages.${index}.tool_calls`, 'Duplicate ids of tool calls.');
  const says = message.content ?? message.tool_calls ?? message.refusal ?? message.function_call ?? message.audio;
  if (says === undefined || says === null) {
    refuse(`messages.[${index}].content`, `Invalid value for 'content': expected a string, got null.`);
  }
}
