import type { AssistantPart, Citation } from '../../canonical/request.ts';
import type { CanonicalResponse, Choice } from '../../canonical/response.ts';
import { readGeminiFinishReason } from '../../gemini-finish-reason.ts';
import { readGeminiUsage } from '../../gemini-usage.ts';
import { isObject, tokenCount } from '../../json-fields.ts';
import { readCitations } from './grounding.ts';
import { readLogprobsResult } from './logprobs.ts';

type Fields = Readonly<Record<string, unknown>>;

export function decodeResponse(value: unknown): CanonicalResponse | undefined {
  if (!isObject(value)) return undefined;
  const { candidates, promptFeedback, modelVersion } = value;
  if (!Array.isArray(candidates) && !isObject(promptFeedback)) return undefined;
  const usage = readGeminiUsage(value['usageMetadata']);
  const choices = readCandidates(value).map(decodeCandidate);
  return {
    ...(typeof modelVersion === 'string' && { model: modelVersion }),
    choices: choices.length === 0 && isBlocked(value) ? [{ content: [], finishReason: 'content_filter' }] : choices,
    ...(usage !== undefined && { usage }),
  };
}

/** In the order of their numbers; protobuf leaves the zero of the first one out of its JSON. */
export function readCandidates({ candidates }: Fields): readonly Fields[] {
  return (Array.isArray(candidates) ? candidates.filter(isObject) : []).toSorted(
    (one, other) => indexOf(one) - indexOf(other),
  );
}

export function indexOf(candidate: Fields): number {
  return tokenCount(candidate['index']) ?? 0;
}

/** A prompt that the filter stopped gets no candidate at all. https://ai.google.dev/api/generate-content#BlockReason */
export function isBlocked({ promptFeedback }: Fields): boolean {
  return isObject(promptFeedback) && promptFeedback['blockReason'] !== undefined;
}

export function readParts({ content }: Fields): readonly Fields[] {
  return isObject(content) && Array.isArray(content['parts']) ? content['parts'].filter(isObject) : [];
}

function decodeCandidate(candidate: Fields): Choice {
  const parts = readParts(candidate);
  const citations = readCitations(candidate, (partIndex) => textOf(parts[partIndex]));
  const content = parts.flatMap((part, index) => {
    const own = citations.filter(({ partIndex }) => partIndex === index).map(({ citation }) => citation);
    return decodePart(part, own);
  });
  const logprobs = readLogprobsResult(candidate['logprobsResult']);
  return {
    content,
    finishReason: readGeminiFinishReason(candidate['finishReason']) ?? 'other',
    ...(logprobs.length > 0 && { logprobs }),
  };
}

function textOf(part: Fields | undefined): string {
  return typeof part?.['text'] === 'string' ? part['text'] : '';
}

function decodePart(part: Fields, citations: readonly Citation[]): readonly AssistantPart[] {
  const { text, thought, thoughtSignature, functionCall, inlineData } = part;
  const state = readSignature(thoughtSignature);
  if (isObject(functionCall)) {
    const { id, name, args } = functionCall;
    return [
      {
        type: 'tool-call',
        // The one without an id gets it from `completeResponse`.
        id: typeof id === 'string' ? id : '',
        name: typeof name === 'string' ? name : '',
        arguments: JSON.stringify(isObject(args) ? args : {}),
        ...state,
      },
    ];
  }
  if (thought === true) {
    if (typeof text === 'string') return [{ type: 'reasoning', text, ...state }];
    return state.state === undefined ? [] : [{ type: 'redacted-reasoning', state: state.state }];
  }
  if (isObject(inlineData)) {
    const { mimeType, data } = inlineData;
    if (typeof mimeType !== 'string' || !mimeType.startsWith('image/') || typeof data !== 'string') return [];
    return [{ type: 'image', source: { kind: 'base64', mediaType: mimeType, data } }];
  }
  if (typeof text !== 'string' && state.state === undefined) return [];
  return [{ type: 'text', text: textOf(part), ...state, ...(citations.length > 0 && { citations }) }];
}

export function readSignature(value: unknown): { state?: { origin: 'gemini'; value: string } } {
  return typeof value === 'string' && value !== '' ? { state: { origin: 'gemini', value } } : {};
}
