import type { ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { OpaqueState } from '../../canonical/opaque.ts';
import type { AssistantPart, ToolCallPart, ToolResultPart, UserPart } from '../../canonical/request.ts';
import { resultText, type Turn } from '../../canonical/turns.ts';
import { type GeminiPart, parseArguments, writeAnswerPart } from './answer-parts.ts';
import { encodeMedia } from './encode-media.ts';

export interface ContentsTarget {
  readonly losses: Losses;
  readonly capabilities: ModelCapabilities;
}

export function encodeContents(turns: readonly Turn[], target: ContentsTarget): readonly object[] {
  const contents = turns.flatMap((turn) => {
    const parts =
      turn.role === 'user'
        ? turn.content.flatMap((part) => encodeUserPart(part, target))
        : encodeModelTurn(turn.content, target);
    return parts.length === 0 ? [] : [{ role: turn.role === 'user' ? 'user' : 'model', parts }];
  });
  if (contents.length === 0) target.losses.refuse('messages', 'it needs a message beside the instructions');
  return contents;
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
  const result = { id: part.callId, name: part.name, response };
  const inside = target.capabilities.reasoningBy !== 'budget' && media.every((entry) => !Object.hasOwn(entry, 'text'));
  if (media.length === 0) return [{ functionResponse: result }];
  return inside ? [{ functionResponse: { ...result, parts: media } }] : [{ functionResponse: result }, ...media];
}

/**
 * Gemini 3 refuses the first call of a step without its signature. This word stands for one of a call that another model made or
 * whose signature the client lost. https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const unsigned = 'skip_thought_signature_validator';

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

function encodeCall(part: ToolCallPart, isFirst: boolean, { losses, capabilities }: ContentsTarget): GeminiPart {
  const args = parseArguments(part.arguments);
  if (args === undefined)
    losses.refuse(part.path ?? 'messages', 'the arguments of the tool call are not a JSON object');
  // Models before Gemini 3 need no signature, nor the word for one.
  const signature = own(part.state)?.value ?? (isFirst && capabilities.reasoningBy !== 'budget' ? unsigned : undefined);
  return {
    functionCall: { id: part.id, name: part.name, args },
    ...(signature !== undefined && { thoughtSignature: signature }),
  };
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
