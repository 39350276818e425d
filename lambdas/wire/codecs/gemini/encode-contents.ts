import type { ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { OpaqueState } from '../../canonical/opaque.ts';
import type { AssistantPart, ToolCallPart, ToolResultPart, UserPart } from '../../canonical/request.ts';
import { resultText, type Turn } from '../../canonical/turns.ts';
import { type GeminiPart, parseArguments, writeAnswerPart } from './answer-parts.ts';
import { encodeMedia } from './encode-media.ts';
import { noSignature } from './thought-signature.ts';

export interface ContentsTarget {
  readonly losses: Losses;
  readonly capabilities: ModelCapabilities;
}

export function encodeContents(turns: readonly Turn[], target: ContentsTarget): readonly object[] {
  const contents = turns.flatMap((turn, index) => {
    const parts =
      turn.role === 'user'
        ? inOrderOfCalls(turn.content, turns[index - 1]).flatMap((part) => encodeUserPart(part, target))
        : encodeModelTurn(turn.content, target);
    return parts.length === 0 ? [] : [{ role: turn.role === 'user' ? 'user' : 'model', parts }];
  });
  if (contents.length === 0) target.losses.refuse('messages', 'it needs a message beside the instructions');
  return contents;
}

/** Results stand before all else in a user's turn; clients give those of parallel calls in any order. */
function inOrderOfCalls(content: readonly UserPart[], before: Turn | undefined): readonly UserPart[] {
  const calls = (before?.role === 'assistant' ? before.content : []).filter((part) => part.type === 'tool-call');
  const order = new Map(calls.map(({ id }, index) => [id, index]));
  const rank = (part: UserPart): number =>
    (part.type === 'tool-result' ? order.get(part.callId) : undefined) ?? calls.length;
  return content.toSorted((one, other) => rank(one) - rank(other));
}

function encodeUserPart(part: UserPart, target: ContentsTarget): readonly GeminiPart[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'tool-result':
      return encodeToolResult(part, target);
    case 'image':
    case 'document':
    case 'audio':
    case 'video':
      return encodeMedia(part, target);
  }
}

/**
 * Newer models take media inside of a result; for the others it stands behind it.
 * https://ai.google.dev/gemini-api/docs/function-calling#multimodal
 */
function encodeToolResult(part: ToolResultPart, target: ContentsTarget): readonly GeminiPart[] {
  const media = part.content.flatMap((entry) => (entry.type === 'text' ? [] : encodeMedia(entry, target)));
  const response = { [part.isError === true ? 'error' : 'output']: resultText(part) };
  const result = { ...idFor(part.callId, target), name: part.name, response };
  const inside = target.capabilities.reasoningBy !== 'budget' && media.every((entry) => !Object.hasOwn(entry, 'text'));
  if (media.length === 0) return [{ functionResponse: result }];
  return inside ? [{ functionResponse: { ...result, parts: media } }] : [{ functionResponse: result }, ...media];
}

function encodeModelTurn(content: readonly AssistantPart[], target: ContentsTarget): readonly GeminiPart[] {
  const firstCall = content.findIndex(({ type }) => type === 'tool-call');
  return content.flatMap((part, index): readonly GeminiPart[] => {
    switch (part.type) {
      case 'tool-call':
        return [encodeCall(part, index === firstCall, target)];
      case 'text':
        return encodeText(part.text, own(part.state));
      case 'refusal':
        return encodeText(part.text, undefined);
      case 'reasoning':
      case 'redacted-reasoning':
        return encodeReasoning(part);
      case 'image':
        return encodeMedia(part, target);
    }
  });
}

function encodeCall(part: ToolCallPart, isFirst: boolean, target: ContentsTarget): GeminiPart {
  const { losses, capabilities } = target;
  const args = parseArguments(part.arguments);
  if (args === undefined)
    losses.refuse(part.path ?? 'messages', 'the arguments of the tool call are not a JSON object');
  // Models before Gemini 3 need no signature, nor the word for one.
  const signature =
    own(part.state)?.value ?? (isFirst && capabilities.reasoningBy !== 'budget' ? noSignature : undefined);
  return {
    functionCall: { ...idFor(part.id, target), name: part.name, args },
    ...(signature !== undefined && { thoughtSignature: signature }),
  };
}

/** Models before Gemini 3 know no ids: they match results to calls by name and order, and Vertex AI refused the member for long. */
function idFor(id: string, { capabilities }: ContentsTarget): { id?: string } {
  return capabilities.reasoningBy === 'budget' ? {} : { id };
}

function encodeText(text: string, state: OpaqueState | undefined): readonly GeminiPart[] {
  if (text === '' && state === undefined) return [];
  return [{ text, ...(state !== undefined && { thoughtSignature: state.value }) }];
}

/** Another model's thoughts are its private notes, and unsigned ones are never read. */
function encodeReasoning(
  part: Extract<AssistantPart, { type: 'reasoning' | 'redacted-reasoning' }>,
): readonly GeminiPart[] {
  if (own(part.state) === undefined) return [];
  const written = writeAnswerPart(part);
  return written === undefined ? [] : [written];
}

function own(state: OpaqueState | undefined): OpaqueState | undefined {
  return state?.origin === 'gemini' ? state : undefined;
}
