import { randomUUID } from 'node:crypto';
import { type TokenUsage, totalInputTokens, totalTokens } from '../../../lambdas/metering/token-usage.ts';
import { type Answer, joinPieces, textOf } from '../answer.ts';
import { encodeEvent, pacePieces } from '../exchange.ts';
import { describeTokens } from '../logprobs.ts';
import { Refusal, refusalBody } from '../refusal.ts';
import type { Piece } from '../speech.ts';
import { buildAnnotations } from './annotations.ts';

const finishReasons = {
  complete: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'tool-call': 'tool_calls',
  refusal: 'stop',
  filtered: 'content_filter',
  failure: 'stop',
} as const satisfies Record<Answer['ending'], string>;

/** What the answer itself does not say. */
export interface Completion {
  readonly model: string;
  readonly choices: number;
  /** Alternatives to each token; undefined: no log probabilities. */
  readonly logprobs: number | undefined;
}

/** The whole answer in one document. */
export function buildCompletion({ model, choices, logprobs }: Completion, answer: Answer): object {
  return {
    ...createEnvelope('chat.completion', model),
    choices: Array.from({ length: choices }, (_, index) => ({
      index,
      message: buildMessage(answer),
      logprobs: logprobs === undefined ? null : buildLogprobs(answer.pieces, logprobs),
      finish_reason: finishReasons[answer.ending],
    })),
    usage: buildUsage(answer.usage),
  };
}

function buildMessage(answer: Answer): object {
  const calls = joinPieces(answer.pieces).filter(({ kind }) => kind === 'tool-arguments');
  const [content, refusal, reasoning] = (['text', 'refusal', 'reasoning'] as const).map((kind) => textOf(answer, kind));
  return {
    role: 'assistant',
    content: calls.length > 0 || refusal ? null : content,
    refusal: refusal || null,
    annotations: buildAnnotations(answer),
    ...(reasoning && { reasoning_content: reasoning }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ text, call = 0 }) => ({
        id: createCallId(),
        type: 'function',
        function: { name: answer.calls[call], arguments: text },
      })),
    }),
  };
}

/** The answer as server-sent events. */
export async function* streamChunks(
  { model, choices, logprobs, includeUsage }: Completion & { readonly includeUsage: boolean },
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const envelope = { ...createEnvelope('chat.completion.chunk', model), ...(includeUsage && { usage: null }) };
  const indexes = Array.from({ length: choices }, (_, index) => index);
  const toAllChoices = (
    createDelta: () => object,
    { finish = null, piece }: { finish?: string | null; piece?: Piece } = {},
  ) =>
    indexes
      .map((index) => ({
        index,
        delta: createDelta(),
        logprobs: piece && logprobs !== undefined ? buildLogprobs([piece], logprobs) : null,
        finish_reason: finish,
      }))
      .map((choice) => encodeEvent({ ...envelope, choices: [choice] }))
      .join('');

  const opensWithText = answer.pieces[0]?.kind !== 'tool-arguments';
  yield toAllChoices(() => ({ role: 'assistant', content: opensWithText ? '' : null, refusal: null }));
  let calls = 0;
  for await (const piece of pacePieces(answer, signal)) {
    if (piece.call === calls) yield toAllChoices(() => createToolCallStart(answer, calls));
    if (piece.call === calls) calls += 1;
    yield toAllChoices(() => buildDelta(piece), { piece });
  }
  if (answer.ending === 'failure') {
    yield encodeEvent(refusalBody('openai', new Refusal('failed', 'The model failed in the middle, as asked.')));
    return;
  }
  if (answer.citation) yield toAllChoices(() => ({ annotations: buildAnnotations(answer) }));
  yield toAllChoices(() => ({}), { finish: finishReasons[answer.ending] });
  if (includeUsage) yield encodeEvent({ ...envelope, choices: [], usage: buildUsage(answer.usage) });
  yield 'data: [DONE]\n\n';
}

function createToolCallStart(answer: Answer, index: number): object {
  const call = { name: answer.calls[index], arguments: '' };
  return { tool_calls: [{ index, id: createCallId(), type: 'function', function: call }] };
}

function buildDelta({ kind, text, call = 0 }: Piece): object {
  switch (kind) {
    case 'text':
      return { content: text };
    case 'refusal':
      return { refusal: text };
    case 'reasoning':
      // Not OpenAI's, which hides its reasoning: the name that most OpenAI-compatible vendors use.
      return { reasoning_content: text };
    case 'tool-arguments':
      return { tool_calls: [{ index: call, function: { arguments: text } }] };
  }
}

function buildLogprobs(pieces: readonly Piece[], alternatives: number): object {
  const tokens = (kind: Piece['kind']) => pieces.filter((piece) => piece.kind === kind).map(({ text }) => text);
  const describe = (texts: readonly string[]) => (texts.length > 0 ? describeTokens(texts, alternatives) : null);
  return { content: describe(tokens('text')), refusal: describe(tokens('refusal')) };
}

function createEnvelope(object: string, model: string): object {
  return {
    id: `chatcmpl-${randomUUID()}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model,
    service_tier: 'default',
    system_fingerprint: 'fp_simulated',
  };
}

function createCallId(): string {
  return `call_${randomUUID()}`;
}

function buildUsage(usage: TokenUsage): object {
  return {
    prompt_tokens: totalInputTokens(usage),
    completion_tokens: usage.outputTokens,
    total_tokens: totalTokens(usage),
    prompt_tokens_details: { cached_tokens: usage.cacheReadInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
