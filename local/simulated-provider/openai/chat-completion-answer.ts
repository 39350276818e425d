import { randomUUID } from 'node:crypto';
import { type TokenUsage, totalInputTokens, totalTokens } from '../../lambdas/metering/token-usage.ts';
import { type Answer, joinPieces, type Piece } from './answer.ts';
import { pacePieces } from './exchange.ts';
import { Refusal, refusalBody } from './refusal.ts';

const finishReasons = { complete: 'stop', length: 'length', 'tool-call': 'tool_calls', failure: 'stop' } as const;

const buildDelta: Readonly<Record<Piece['kind'], (text: string) => object>> = {
  text: (text) => ({ content: text }),
  // Not OpenAI's, which hides its reasoning: the name that most OpenAI-compatible vendors use.
  reasoning: (text) => ({ reasoning_content: text }),
  'tool-arguments': (text) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] }),
};

/** What the answer itself does not say. */
export interface Completion {
  readonly model: string;
  readonly choices: number;
}

/** The whole answer in one document. */
export function buildCompletion({ model, choices }: Completion, answer: Answer): object {
  const joined = joinPieces(answer.pieces);
  const text = (kind: Piece['kind']) => joined.find((piece) => piece.kind === kind)?.text;
  const reasoning = text('reasoning');
  const toolArguments = text('tool-arguments');
  const message = () => ({
    role: 'assistant',
    content: toolArguments === undefined ? (text('text') ?? '') : null,
    refusal: null,
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(toolArguments !== undefined && {
      tool_calls: [
        { id: createCallId(), type: 'function', function: { name: answer.toolName, arguments: toolArguments } },
      ],
    }),
  });
  return {
    ...createEnvelope('chat.completion', model),
    choices: Array.from({ length: choices }, (_, index) => ({
      index,
      message: message(),
      logprobs: null,
      finish_reason: finishReasons[answer.ending],
    })),
    usage: buildUsage(answer.usage),
  };
}

/** The answer as server-sent events. */
export async function* streamChunks(
  { model, choices, includeUsage }: Completion & { readonly includeUsage: boolean },
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const envelope = { ...createEnvelope('chat.completion.chunk', model), ...(includeUsage && { usage: null }) };
  const indexes = Array.from({ length: choices }, (_, index) => index);
  const toAllChoices = (createDelta: () => object, finishReason: string | null = null) =>
    indexes
      .map((index) => ({ index, delta: createDelta(), logprobs: null, finish_reason: finishReason }))
      .map((choice) => encodeData({ ...envelope, choices: [choice] }))
      .join('');

  const opensWithText = answer.pieces[0]?.kind !== 'tool-arguments';
  yield toAllChoices(() => ({ role: 'assistant', content: opensWithText ? '' : null, refusal: null }));
  if (!opensWithText) yield toAllChoices(() => createToolCallStart(answer.toolName));
  for await (const piece of pacePieces(answer, signal)) yield toAllChoices(() => buildDelta[piece.kind](piece.text));
  if (answer.ending === 'failure') {
    yield encodeData(refusalBody('openai', new Refusal('failed', 'The model failed in the middle, as asked.')));
    return;
  }
  yield toAllChoices(() => ({}), finishReasons[answer.ending]);
  if (includeUsage) yield encodeData({ ...envelope, choices: [], usage: buildUsage(answer.usage) });
  yield 'data: [DONE]\n\n';
}

function createToolCallStart(name: string): object {
  return { tool_calls: [{ index: 0, id: createCallId(), type: 'function', function: { name, arguments: '' } }] };
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

function encodeData(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
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
