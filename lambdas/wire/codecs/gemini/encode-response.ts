import type { AnswerContext } from '../../canonical/codec.ts';
import type { AssistantPart } from '../../canonical/request.ts';
import type { CanonicalResponse, Choice } from '../../canonical/response.ts';
import { type GeminiPart, writeAnswerPart } from './answer-parts.ts';
import { writeFinishReason } from './finish-reason.ts';
import { type CitedText, writeGroundingMetadata } from './grounding.ts';
import { writeLogprobsResult } from './logprobs.ts';
import { writeUsageMetadata } from './usage-metadata.ts';

/** A GenerateContentResponse. https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
export function encodeResponse(response: CanonicalResponse, context: AnswerContext): object {
  return {
    candidates: response.choices.map(encodeCandidate),
    ...(response.usage !== undefined && { usageMetadata: writeUsageMetadata(response.usage) }),
    modelVersion: response.model ?? context.model,
    responseId: context.requestId,
  };
}

function encodeCandidate(choice: Choice, index: number): object {
  const parts: GeminiPart[] = [];
  const cited: CitedText[] = [];
  let malformed: string | undefined;
  for (const part of choice.content) {
    const written = writeAnswerPart(part);
    if (written === undefined) malformed = nameOf(part);
    else parts.push(written);
    if (part.type !== 'text') continue;
    for (const citation of part.citations ?? []) {
      cited.push({ citation, text: part.text, partIndex: parts.length - 1, bytesBefore: 0 });
    }
  }
  const groundingMetadata = writeGroundingMetadata(cited);
  return {
    content: { role: 'model', parts: parts.length === 0 ? [{ text: '' }] : parts },
    ...(malformed === undefined ? { finishReason: writeFinishReason(choice.finishReason) } : malformedCall(malformed)),
    index,
    ...(choice.logprobs !== undefined && { logprobsResult: writeLogprobsResult(choice.logprobs) }),
    ...(groundingMetadata !== undefined && { groundingMetadata }),
  };
}

function nameOf(part: AssistantPart): string {
  return part.type === 'tool-call' ? part.name : '';
}

/**
 * Arguments that are no JSON object cannot be shown as a call, and a call without them would be another one. Gemini itself leaves
 * such a call out and says so with this reason.
 */
export function malformedCall(name: string): { finishReason: string; finishMessage: string } {
  return {
    finishReason: 'MALFORMED_FUNCTION_CALL',
    finishMessage: `The model called ${name} with arguments that are not a JSON object.`,
  };
}
