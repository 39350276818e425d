import type { AssistantPart } from './request.ts';
import type { CanonicalResponse, Choice } from './response.ts';
import { settleFinishReason } from './settle-finish-reason.ts';
import { ToolCallIds } from './tool-call-ids.ts';

/**
 * The repairs that the assembler makes on a stream, on a whole answer: ids and arguments of calls, the finish reason, at least
 * one choice, and no empty text. Parts stay as many and in the order as they came.
 *
 * @param seed Of the ids that are made for calls without one: the request's id.
 */
export function completeResponse(response: CanonicalResponse, seed: string): CanonicalResponse {
  const ids = new ToolCallIds(seed);
  const choices: readonly Choice[] =
    response.choices.length === 0 ? [{ content: [], finishReason: 'other' }] : response.choices;
  return { ...response, choices: choices.map((choice) => completeChoice(choice, ids)) };
}

function completeChoice(choice: Choice, ids: ToolCallIds): Choice {
  const finishReason = settleFinishReason(choice.finishReason, {
    toolCalls: choice.content.some(({ type }) => type === 'tool-call'),
    refusal: choice.content.some(({ type }) => type === 'refusal'),
  });
  const content = choice.content.filter(saysSomething).map((part) => completePart(part, ids));
  return { ...choice, content, finishReason };
}

function saysSomething(part: AssistantPart): boolean {
  switch (part.type) {
    case 'text':
      return part.text !== '' || part.state !== undefined || (part.citations ?? []).length > 0;
    case 'reasoning':
      return part.text !== '' || part.state !== undefined;
    default:
      return true;
  }
}

function completePart(part: AssistantPart, ids: ToolCallIds): AssistantPart {
  if (part.type !== 'tool-call') return part;
  return { ...part, id: ids.take(part.id), arguments: part.arguments.trim() === '' ? '{}' : part.arguments };
}
