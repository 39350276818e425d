import type { AnswerContext, StreamEncoder } from '../../canonical/codec.ts';
import type { OpaqueState } from '../../canonical/opaque.ts';
import type { Citation } from '../../canonical/request.ts';
import type { BlockStart, CanonicalEvent } from '../../canonical/response.ts';
import { type GeminiPart, writeAnswerPart, writeFunctionCall } from './answer-parts.ts';
import { malformedCall } from './encode-response.ts';
import { writeFinishReason } from './finish-reason.ts';
import { type CitedText, writeGroundingMetadata } from './grounding.ts';
import { writeLogprobsResult } from './logprobs.ts';
import { writeThoughtSignature } from './thought-signature.ts';
import { writeUsageMetadata } from './usage-metadata.ts';

/** What is known of a candidate besides what was sent of it. */
interface Candidate {
  block: BlockStart | undefined;
  /** Of the open block: arguments until the call is whole, text as long as something may cite it. */
  text: string;
  textBytes: number;
  state: OpaqueState | undefined;
  citations: Citation[];
  readonly cited: CitedText[];
  malformed: string | undefined;
}

/**
 * Each event is a whole GenerateContentResponse with the parts that are new. The finish reasons of all candidates and the usage
 * come in the last one. Every event has a candidate with a part: Google's own chat helper throws away the whole answer otherwise.
 */
export function createStreamEncoder(context: AnswerContext): StreamEncoder {
  const candidates = new Map<number, Candidate>();
  const finished: object[] = [];
  let { model } = context;

  const candidateOf = (choice: number): Candidate => {
    const known = candidates.get(choice) ?? newCandidate();
    candidates.set(choice, known);
    return known;
  };
  const send = (members: object): string =>
    `data: ${JSON.stringify({ ...members, modelVersion: model, responseId: context.requestId })}\n\n`;
  const sendParts = (choice: number, parts: readonly GeminiPart[], members: object = {}): string =>
    parts.length === 0 ? '' : send({ candidates: [writeCandidate(choice, parts, members)] });

  const encode = (event: CanonicalEvent): string => {
    switch (event.type) {
      case 'start':
        model = event.model ?? model;
        return '';
      case 'block-start':
        return sendParts(event.choice, openBlock(candidateOf(event.choice), event.block));
      case 'delta':
        return sendParts(event.choice, addText(candidateOf(event.choice), event.text));
      case 'citation':
        candidateOf(event.choice).citations.push(event.citation);
        return '';
      case 'logprobs':
        return sendParts(event.choice, [nothing], { logprobsResult: writeLogprobsResult(event.logprobs) });
      case 'state':
        return sendParts(event.choice, addState(candidateOf(event.choice), event.state));
      case 'block-stop':
        return sendParts(event.choice, closeBlock(candidateOf(event.choice)));
      case 'finish': {
        const { cited, malformed } = candidateOf(event.choice);
        const groundingMetadata = writeGroundingMetadata(cited);
        const reason =
          malformed === undefined ? { finishReason: writeFinishReason(event.reason) } : malformedCall(malformed);
        finished.push(
          writeCandidate(event.choice, [nothing], {
            ...reason,
            ...(groundingMetadata !== undefined && { groundingMetadata }),
          }),
        );
        return '';
      }
      case 'end':
        return send({
          candidates: finished,
          ...(event.usage !== undefined && context.includeUsage && { usageMetadata: writeUsageMetadata(event.usage) }),
        });
    }
  };
  return { encode };
}

const nothing: GeminiPart = { text: '' };

function newCandidate(): Candidate {
  return {
    block: undefined,
    text: '',
    textBytes: 0,
    state: undefined,
    citations: [],
    cited: [],
    malformed: undefined,
  };
}

function writeCandidate(index: number, parts: readonly GeminiPart[], members: object): object {
  return { content: { role: 'model', parts }, ...members, index };
}

function openBlock(candidate: Candidate, block: BlockStart): readonly GeminiPart[] {
  candidate.block = block;
  candidate.text = '';
  candidate.state = block.kind === 'tool-call' ? block.state : undefined;
  if (block.kind === 'redacted-reasoning') {
    return [{ thought: true, thoughtSignature: writeThoughtSignature(block.state) }];
  }
  if (block.kind !== 'image') return [];
  const { mediaType, data } = block;
  return [writeAnswerPart({ type: 'image', source: { kind: 'base64', mediaType, data } }) ?? nothing];
}

function addText(candidate: Candidate, text: string): readonly GeminiPart[] {
  const kind = candidate.block?.kind;
  if (kind === 'reasoning') return [{ text, thought: true }];
  candidate.text += text;
  return kind === 'tool-call' ? [] : [{ text }];
}

/** In a part of its own behind what it is about, as Gemini does. */
function addState(candidate: Candidate, state: OpaqueState): readonly GeminiPart[] {
  if (candidate.block?.kind === 'tool-call') {
    candidate.state = state;
    return [];
  }
  const thoughtSignature = writeThoughtSignature(state);
  return [{ text: '', ...(candidate.block?.kind === 'reasoning' && { thought: true }), thoughtSignature }];
}

function closeBlock(candidate: Candidate): readonly GeminiPart[] {
  const { block, text, state } = candidate;
  for (const citation of candidate.citations.splice(0)) {
    candidate.cited.push({ citation, text, bytesBefore: candidate.textBytes });
  }
  if (block?.kind === 'text' || block?.kind === 'refusal') candidate.textBytes += Buffer.byteLength(text);
  candidate.block = undefined;
  if (block?.kind !== 'tool-call') return [];
  const call = { id: block.id, name: block.name, arguments: text, ...(state !== undefined && { state }) };
  const part = writeFunctionCall(call);
  if (part === undefined) candidate.malformed = block.name;
  return part === undefined ? [] : [part];
}
