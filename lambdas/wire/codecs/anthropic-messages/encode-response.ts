import type { AnswerContext } from '../../canonical/codec.ts';
import { encodeToolCallId, type OpaqueState, writeProof, writeState } from '../../canonical/opaque.ts';
import type { AssistantPart } from '../../canonical/request.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { writeCitation } from './citations.ts';
import { writeStop } from './finish-reason.ts';
import { writeImage } from './image-text.ts';
import { writeUsage } from './usage.ts';

/** The protocol knows one answer per request, so there is never a second choice to lose. */
export function encodeResponse(response: CanonicalResponse, context: AnswerContext): object {
  const [choice] = response.choices;
  const content = choice?.content ?? [];
  return {
    id: messageId(context.requestId),
    type: 'message',
    role: 'assistant',
    model: response.model ?? context.model,
    content: content.flatMap((part, index) => writePart(part, index === content.length - 1)),
    ...writeStop(choice?.finishReason ?? 'other', choice?.stopSequence),
    usage: writeUsage(response.usage),
  };
}

export function messageId(requestId: string): string {
  return `msg_${requestId.replace(/^req_/, '')}`;
}

/**
 * State of a text, of which Gemini has some, goes into a block of thinking without words after it: SDKs send that back, and have
 * no place for it in the text's own block. Not behind the last text: Claude Code takes the last block for the answer, and of a
 * text Gemini does not insist on it (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */
function stateBlock(state: OpaqueState): object {
  return { type: 'thinking', thinking: '', signature: writeState(state, 'anthropic') };
}

function writePart(part: AssistantPart, isLast: boolean): readonly object[] {
  switch (part.type) {
    case 'text': {
      const citations = part.citations?.map(writeCitation) ?? null;
      const text = { type: 'text', text: part.text, citations };
      return part.state === undefined || isLast ? [text] : [text, stateBlock(part.state)];
    }
    case 'refusal':
      return [{ type: 'text', text: part.text, citations: null }];
    case 'reasoning': {
      return [{ type: 'thinking', thinking: part.text, signature: writeProof(part.state, 'anthropic') }];
    }
    case 'redacted-reasoning':
      return [{ type: 'redacted_thinking', data: writeState(part.state, 'anthropic') }];
    case 'tool-call':
      return [toolUse(part.id, part.name, { state: part.state, input: parseArguments(part.arguments) })];
    case 'image': {
      const text = writeImage(part);
      return text === undefined ? [] : [{ type: 'text', text, citations: null }];
    }
  }
}

export function toolUse(
  id: string,
  name: string,
  { state, input }: { state: OpaqueState | undefined; input: unknown },
) {
  return { type: 'tool_use', id: encodeToolCallId(id, state), name, input };
}

/** A client that gets a document gets an object; what a model cut off at its cap is no JSON. */
function parseArguments(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
