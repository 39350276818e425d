import type { StreamDecoder, WireEvent } from '../../canonical/codec.ts';
import type { Reading } from '../../canonical/response.ts';
import { readGeminiFinishReason } from '../../gemini-finish-reason.ts';
import { readGeminiUsage } from '../../gemini-usage.ts';
import { isObject } from '../../json-fields.ts';
import { indexOf, isBlocked, readCandidates, readParts, readSignature } from './decode-response.ts';
import { readCitations } from './grounding.ts';
import { readLogprobsResult } from './logprobs.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Reads what is new in each GenerateContentResponse. Gemini marks no end of its own. */
export function createStreamDecoder(): StreamDecoder {
  /** What a choice has said so far: sources are cited by offsets in all of it. */
  const texts = new Map<number, string>();
  let calls = 0;

  const readPart = (part: Fields, choice: number): readonly Reading[] => {
    const { text, thought, functionCall, inlineData } = part;
    const { state } = readSignature(part['thoughtSignature']);
    if (isObject(functionCall)) {
      // Every call comes as a whole, so each is another one, also without an id or with the name of the one before.
      calls += 1;
      return readCall(functionCall, { choice, key: calls, ...(state !== undefined && { state }) });
    }
    if (isObject(inlineData)) {
      const { mimeType, data } = inlineData;
      if (typeof mimeType !== 'string' || !mimeType.startsWith('image/') || typeof data !== 'string') return [];
      return [{ type: 'image', choice, mediaType: mimeType, data }];
    }
    const kind = thought === true ? 'reasoning' : 'text';
    if (kind === 'reasoning' && typeof text !== 'string') {
      return state === undefined ? [] : [{ type: 'redacted-reasoning', choice, state }];
    }
    if (kind === 'text' && typeof text === 'string') texts.set(choice, (texts.get(choice) ?? '') + text);
    return [
      ...(typeof text === 'string' && text !== '' ? [{ type: kind, choice, text } as const] : []),
      ...(state === undefined ? [] : [{ type: 'state', choice, of: kind, state } as const]),
    ];
  };

  const readCandidate = (candidate: Fields): readonly Reading[] => {
    const choice = indexOf(candidate);
    const content = readParts(candidate).flatMap((part) => readPart(part, choice));
    const logprobs = readLogprobsResult(candidate['logprobsResult']);
    const citations = readCitations(candidate, () => texts.get(choice) ?? '');
    const reason = readGeminiFinishReason(candidate['finishReason']);
    return [
      ...content,
      ...(logprobs.length > 0 ? [{ type: 'logprobs', choice, logprobs } as const] : []),
      ...citations.map(({ citation }) => ({ type: 'citation', choice, citation }) as const),
      ...(reason === undefined ? [] : [{ type: 'finish', choice, reason } as const]),
    ];
  };

  return {
    decode({ data }: WireEvent): readonly Reading[] {
      const chunk = parse(data);
      if (!isObject(chunk)) return [{ type: 'error', error: undefined }];
      if (isObject(chunk['error'])) return [{ type: 'error', error: chunk }];
      const { modelVersion } = chunk;
      const usage = readGeminiUsage(chunk['usageMetadata']);
      const candidates = readCandidates(chunk);
      return [
        { type: 'start', ...(typeof modelVersion === 'string' && { model: modelVersion }) },
        // Each chunk tells the sums so far, so the last one counts.
        ...(usage === undefined ? [] : [{ type: 'usage', usage } as const]),
        ...candidates.flatMap(readCandidate),
        ...(candidates.length === 0 && isBlocked(chunk)
          ? [{ type: 'finish', choice: 0, reason: 'content_filter' } as const]
          : []),
      ];
    },
  };
}

type CallPlace = Pick<Extract<Reading, { type: 'tool-call' }>, 'choice' | 'key' | 'state'>;

function readCall({ id, name, args }: Fields, place: CallPlace): readonly Reading[] {
  const { choice, key } = place;
  return [
    {
      type: 'tool-call',
      ...place,
      name: typeof name === 'string' ? name : '',
      ...(typeof id === 'string' && id !== '' && { id }),
    },
    { type: 'tool-arguments', choice, key, text: JSON.stringify(isObject(args) ? args : {}) },
    { type: 'block-end', choice },
  ];
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
