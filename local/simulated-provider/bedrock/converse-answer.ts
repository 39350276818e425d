import { randomUUID } from 'node:crypto';
import { totalTokens } from '../../../lambdas/metering/token-usage.ts';
import { type Answer, joinPieces } from '../answer.ts';
import { signer } from '../anthropic/check-thinking.ts';
import { paceBlocks } from '../exchange.ts';
import { parseArguments } from '../json.ts';
import { seal } from '../seal.ts';
import type { Piece } from '../speech.ts';
import { encodeEventFrame, encodeExceptionFrame } from './event-stream.ts';

const stopReasons = {
  complete: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-call': 'tool_use',
  refusal: 'content_filtered',
  filtered: 'guardrail_intervened',
  failure: 'end_turn',
} as const satisfies Record<Answer['ending'], string>;

/** What the answer itself does not say. */
export interface ConverseFrame {
  /** What this answer's signatures are made for. */
  readonly occasion: string;
  /** Whether the request wants to know which stop sequence was met, a field of the model. */
  readonly tellsStopSequence: boolean;
}

/** The whole answer in one document. */
export function buildConverse(frame: ConverseFrame, answer: Answer): object {
  const content = joinPieces(answer.pieces).map((piece) => buildBlock(piece, frame, answer));
  return {
    output: { message: { role: 'assistant', content } },
    ...buildStop(frame, answer),
    usage: buildUsage(answer),
    metrics: { latencyMs: 1 },
  };
}

/** The answer as an event stream. Blocks of text and of reasoning have no event for their start. */
export async function* streamConverse(
  frame: ConverseFrame,
  answer: Answer,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  yield encode('messageStart', { role: 'assistant' });
  for await (const block of paceBlocks(answer, signal)) {
    const { piece } = block;
    const encodeDelta = (delta: object) => encode('contentBlockDelta', { contentBlockIndex: block.index, delta });
    if (block.step === 'start' && piece.kind === 'tool-arguments') {
      const start = { toolUse: { name: answer.calls[piece.call ?? 0], toolUseId: createToolUseId() } };
      yield encode('contentBlockStart', { contentBlockIndex: block.index, start });
    } else if (block.step === 'delta') {
      yield encodeDelta(buildDelta(piece));
    } else if (block.step === 'end') {
      if (piece.kind === 'reasoning') {
        yield encodeDelta({ reasoningContent: { signature: seal(signer, block.text, frame.occasion) } });
      }
      if (piece.kind === 'text') {
        for (const citation of buildCitations(answer)) yield encodeDelta({ citation });
      }
      yield encode('contentBlockStop', { contentBlockIndex: block.index });
    }
  }
  if (answer.ending === 'failure') {
    const message = 'The model failed in the middle of its answer, as asked.';
    yield encodeExceptionFrame('modelStreamErrorException', {
      message,
      originalStatusCode: 500,
      originalMessage: message,
    });
    return;
  }
  yield encode('messageStop', buildStop(frame, answer));
  yield encode('metadata', { usage: buildUsage(answer), metrics: { latencyMs: 1 } });
}

/** Bedrock pads its events, so that their lengths do not tell what is in them. */
function encode(name: string, payload: object): Buffer {
  return encodeEventFrame(name, { ...payload, p: 'abcdefghijklmnop' });
}

function buildBlock({ kind, text, call = 0 }: Piece, { occasion }: ConverseFrame, answer: Answer): object {
  switch (kind) {
    case 'reasoning':
      return { reasoningContent: { reasoningText: { text, signature: seal(signer, text, occasion) } } };
    case 'tool-arguments':
      return { toolUse: { toolUseId: createToolUseId(), name: answer.calls[call], input: parseArguments(text) } };
    case 'refusal':
      return { text };
    case 'text': {
      const citations = buildCitations(answer);
      return citations.length === 0 ? { text } : { citationsContent: { content: [{ text }], citations } };
    }
  }
}

function buildDelta({ kind, text }: Piece): object {
  switch (kind) {
    case 'reasoning':
      return { reasoningContent: { text } };
    case 'tool-arguments':
      return { toolUse: { input: text } };
    case 'refusal':
    case 'text':
      return { text };
  }
}

/** Documents of the request are cited; where there is none to cite, nothing is cited. */
function buildCitations({ citation }: Answer): object[] {
  if (citation?.document === undefined) return [];
  const { index: documentIndex, citedText } = citation.document;
  const location = { documentChar: { documentIndex, start: 0, end: citedText.length } };
  return [{ title: citation.title, sourceContent: [{ text: citedText }], location }];
}

function buildStop({ tellsStopSequence }: ConverseFrame, answer: Answer): object {
  const fields = { stop_sequence: answer.stopSequence ?? null };
  return {
    stopReason: stopReasons[answer.ending],
    ...(tellsStopSequence && { additionalModelResponseFields: fields }),
  };
}

function createToolUseId(): string {
  return `tooluse_${randomUUID().replaceAll('-', '').slice(0, 22)}`;
}

/** As Anthropic counts: input is what was neither read from a cache nor written to one. */
function buildUsage({ usage }: Answer): object {
  const written = usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens;
  const cacheDetails = [
    { ttl: '5m', inputTokens: usage.cacheWrite5mInputTokens },
    { ttl: '1h', inputTokens: usage.cacheWrite1hInputTokens },
  ].filter(({ inputTokens }) => inputTokens > 0);
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: totalTokens(usage),
    cacheReadInputTokens: usage.cacheReadInputTokens,
    cacheWriteInputTokens: written,
    ...(cacheDetails.length > 0 && { cacheDetails }),
  };
}
