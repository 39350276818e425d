import { totalInputTokens } from '../../../lambdas/metering/token-usage.ts';
import { type Answer, joinPieces, textOf } from '../answer.ts';
import { paceBlocks } from '../exchange.ts';
import { parseArguments } from '../json.ts';
import { listAlternatives, weighToken } from '../logprobs.ts';
import { Refusal, refusalBody } from '../refusal.ts';
import { seal } from '../seal.ts';
import type { Piece } from '../speech.ts';
import { describeCall, ofText, signer } from './check-contents.ts';

/** Google has no reason of its own for calls. */
const finishReasons = {
  complete: 'STOP',
  'stop-sequence': 'STOP',
  length: 'MAX_TOKENS',
  'tool-call': 'STOP',
  refusal: 'SAFETY',
  filtered: 'PROHIBITED_CONTENT',
  failure: 'OTHER',
} as const satisfies Record<Answer['ending'], string>;

/** What the answer itself does not say. */
export interface GeminiFrame {
  readonly model: string;
  readonly responseId: string;
  readonly candidates: number;
  /** Whether thoughts are shown. */
  readonly includeThoughts: boolean;
  /** Alternatives to each token; undefined: no log probabilities. */
  readonly logprobs: number | undefined;
  /** What this answer's signatures are made for; undefined: the model signs nothing. */
  readonly occasion: string | undefined;
}

/** The whole answer in one document. */
export function buildGeneration(frame: GeminiFrame, answer: Answer): object {
  const pieces = joinPieces(answer.pieces.filter((piece) => isShown(frame, piece)));
  const parts = pieces.map((piece) => buildPart(piece, answer, signs(frame, piece, answer)));
  const content = parts.length > 0 ? { content: { parts, role: 'model' } } : {};
  return wrap(frame, { ...content, finishReason: finishReasons[answer.ending], ...describe(frame, answer) }, answer);
}

/** The answer as the objects of a stream: text piece by piece, calls whole. */
export async function* streamGenerations(
  frame: GeminiFrame,
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<object> {
  const shown = answer.pieces.filter((piece) => isShown(frame, piece));
  const wrapPart = (part: object) => wrap(frame, { content: { parts: [part], role: 'model' } }, answer);
  for await (const block of paceBlocks(answer, signal)) {
    if (!isShown(frame, block.piece)) continue;
    const isCall = block.piece.kind === 'tool-arguments';
    if (block.step === 'delta' && !isCall) yield wrapPart(buildPart(block.piece, answer, undefined));
    if (block.step !== 'end') continue;
    const signature = signs(frame, { ...block.piece, text: block.text }, answer);
    if (isCall) yield wrapPart(buildPart({ ...block.piece, text: block.text }, answer, signature));
    else if (signature !== undefined) yield wrapPart(buildPart({ ...block.piece, text: '' }, answer, signature));
  }
  if (answer.ending === 'failure') {
    yield refusalBody('gemini', new Refusal('overloaded', 'The model failed in the middle, as asked.'));
    return;
  }
  const content = shown.length > 0 ? { content: { parts: [{ text: '' }], role: 'model' } } : {};
  yield wrap(frame, { ...content, finishReason: finishReasons[answer.ending], ...describe(frame, answer) }, answer);
}

/** Google's refusal is an end without words. */
function isShown({ includeThoughts }: GeminiFrame, { kind }: Piece): boolean {
  return kind !== 'refusal' && (kind !== 'reasoning' || includeThoughts);
}

function buildPart({ kind, text, call = 0 }: Piece, answer: Answer, thoughtSignature: string | undefined): object {
  const signature = thoughtSignature === undefined ? {} : { thoughtSignature };
  if (kind === 'tool-arguments') {
    return { functionCall: { name: answer.calls[call], args: parseArguments(text) }, ...signature };
  }
  return { text, ...(kind === 'reasoning' && { thought: true }), ...signature };
}

/** The model that signs makes one call at most, and then no text: whatever it shows is signed. */
function signs({ occasion }: GeminiFrame, piece: Piece, { calls }: Answer): string | undefined {
  if (occasion === undefined) return undefined;
  if (piece.kind !== 'tool-arguments') return seal(signer, ofText, occasion);
  return seal(signer, describeCall(calls[0] ?? '', parseArguments(piece.text)), occasion);
}

function describe({ logprobs }: GeminiFrame, answer: Answer): object {
  return {
    ...(answer.citation && { groundingMetadata: buildGrounding(answer, answer.citation) }),
    ...(logprobs !== undefined && buildLogprobs(answer, logprobs)),
  };
}

function buildGrounding(answer: Answer, { title, url: uri }: { title: string; url: string }): object {
  const text = textOf(answer, 'text');
  const segment = { startIndex: 0, endIndex: Buffer.byteLength(text), text };
  return {
    webSearchQueries: ['simulated'],
    groundingChunks: [{ web: { uri, title } }],
    groundingSupports: [{ segment, groundingChunkIndices: [0] }],
  };
}

function buildLogprobs({ pieces }: Answer, alternatives: number): object {
  const tokens = pieces.filter(({ kind }) => kind === 'text').map(({ text }) => text);
  const build = ({ token, logprob }: ReturnType<typeof weighToken>) => ({
    token,
    tokenId: token.length,
    logProbability: logprob,
  });
  const chosenCandidates = tokens.map((token) => build(weighToken(token)));
  const topCandidates = tokens.map((token) => ({ candidates: listAlternatives(token, alternatives).map(build) }));
  const sum = chosenCandidates.reduce((total, { logProbability }) => total + logProbability, 0);
  return {
    avgLogprobs: sum / Math.max(1, tokens.length),
    logprobsResult: { chosenCandidates, ...(alternatives > 0 && { topCandidates }) },
  };
}

function wrap({ model, responseId, candidates }: GeminiFrame, candidate: object, answer: Answer): object {
  return {
    candidates: Array.from({ length: candidates }, (_, index) => ({ ...candidate, index })),
    usageMetadata: buildUsage(answer),
    modelVersion: model,
    responseId,
  };
}

/** Thoughts are counted beside the candidates, and cached tokens inside the prompt. */
function buildUsage({ usage, ending }: Answer): object {
  const outputTokens = ending === 'refusal' ? 0 : usage.outputTokens;
  const promptTokenCount = totalInputTokens(usage);
  const { cacheReadInputTokens: cached, reasoningTokens: thoughts } = usage;
  return {
    promptTokenCount,
    candidatesTokenCount: outputTokens - Math.min(thoughts, outputTokens),
    totalTokenCount: promptTokenCount + outputTokens,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
  };
}
