import { randomUUID } from 'node:crypto';
import { type Answer, joinPieces, textOf } from '../answer.ts';
import { encodeEvent, paceBlocks } from '../exchange.ts';
import { parseArguments } from '../json.ts';
import { Refusal, refusalBody } from '../refusal.ts';
import { seal } from '../seal.ts';
import type { Piece } from '../speech.ts';
import { signer } from './check-thinking.ts';

const stopReasons = {
  complete: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-call': 'tool_use',
  refusal: 'refusal',
  filtered: 'refusal',
  failure: 'end_turn',
} as const satisfies Record<Answer['ending'], string>;

/** What the answer itself does not say. */
export interface MessageFrame {
  /** The members that do not depend on it. */
  readonly message: object;
  /** What this answer's signatures are made for. */
  readonly occasion: string;
  readonly thinking: 'summarized' | 'omitted' | 'off';
}

/** The whole answer in one document. */
export function buildMessage(frame: MessageFrame, whole: Answer): object {
  const answer = withoutThinking(frame, whole);
  return {
    ...frame.message,
    content: joinPieces(answer.pieces).map((piece) => ({
      ...openBlock(piece, answer),
      ...completeBlock(piece, frame),
      ...(piece.kind === 'text' && answer.citation?.document && { citations: buildCitation(answer, piece.text) }),
    })),
    ...buildStop(answer),
    usage: buildUsage(answer, answer.usage.outputTokens),
  };
}

/** The answer as server-sent events. */
export async function* streamMessage(frame: MessageFrame, whole: Answer, signal: AbortSignal): AsyncGenerator<string> {
  const answer = withoutThinking(frame, whole);
  const open = { ...frame.message, content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  const usageSoFar = buildUsage(answer, Math.min(1, answer.usage.outputTokens));
  yield encode('message_start', { message: { ...open, usage: usageSoFar } });
  yield encode('ping', {});

  yield* streamBlocks(frame, answer, signal);
  if (answer.ending === 'failure') {
    const refusal = new Refusal('overloaded', 'The model failed in the middle of its answer, as asked.');
    yield encode('error', refusalBody('anthropic', refusal));
    return;
  }
  yield encode('message_delta', {
    delta: buildStop(answer),
    usage: buildUsage(answer, answer.usage.outputTokens),
  });
  yield encode('message_stop', {});
}

async function* streamBlocks(frame: MessageFrame, answer: Answer, signal: AbortSignal): AsyncGenerator<string> {
  const encodeDelta = (index: number, delta: object) => encode('content_block_delta', { index, delta });
  for await (const block of paceBlocks(answer, signal)) {
    const { index, piece } = block;
    if (block.step === 'start') {
      yield encode('content_block_start', { index, content_block: openBlock(piece, answer) });
    } else if (block.step === 'delta') {
      const delta = buildDelta(piece);
      if (piece.kind !== 'reasoning' || frame.thinking === 'summarized') yield encodeDelta(index, delta);
    } else {
      if (piece.kind === 'reasoning') {
        yield encodeDelta(index, { type: 'signature_delta', signature: sign(visible(block.text, frame), frame) });
      }
      for (const citation of piece.kind === 'text' ? buildCitation(answer, block.text) : []) {
        yield encodeDelta(index, { type: 'citations_delta', citation });
      }
      yield encode('content_block_stop', { index });
    }
  }
}

function withoutThinking({ thinking }: MessageFrame, answer: Answer): Answer {
  if (thinking !== 'off') return answer;
  return { ...answer, pieces: answer.pieces.filter(({ kind }) => kind !== 'reasoning') };
}

/** The block before its first delta. */
function openBlock({ kind, call = 0 }: Piece, answer: Answer): object {
  switch (kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: '' };
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool-arguments':
      return { type: 'tool_use', id: `toolu_${randomUUID().replaceAll('-', '')}`, name: answer.calls[call], input: {} };
  }
}

function buildDelta({ kind, text }: Piece): object {
  switch (kind) {
    case 'text':
    case 'refusal':
      return { type: 'text_delta', text };
    case 'reasoning':
      return { type: 'thinking_delta', thinking: text };
    case 'tool-arguments':
      return { type: 'input_json_delta', partial_json: text };
  }
}

/** What the finished block has beyond the open one. */
function completeBlock({ kind, text }: Piece, frame: MessageFrame): object {
  switch (kind) {
    case 'text':
    case 'refusal':
      return { text };
    case 'reasoning':
      return { thinking: visible(text, frame), signature: sign(visible(text, frame), frame) };
    case 'tool-arguments':
      return { input: parseArguments(text) };
  }
}

function visible(thinking: string, frame: MessageFrame): string {
  return frame.thinking === 'omitted' ? '' : thinking;
}

function sign(thinking: string, { occasion }: MessageFrame): string {
  return seal(signer, thinking, occasion);
}

function buildStop(answer: Answer): object {
  const refused = answer.ending === 'refusal' || answer.ending === 'filtered';
  const explanation = textOf(answer, 'refusal') || null;
  return {
    stop_reason: stopReasons[answer.ending],
    stop_sequence: answer.stopSequence ?? null,
    stop_details: refused ? { type: 'refusal', category: 'general_harms', explanation } : null,
  };
}

/** Anthropic cites documents of the request; where there is none to cite, nothing is cited. */
function buildCitation({ citation }: Answer, text: string): object[] {
  if (citation?.document === undefined || text === '') return [];
  const { index, citedText } = citation.document;
  return [
    {
      type: 'char_location',
      cited_text: citedText,
      document_index: index,
      document_title: citation.title,
      file_id: null,
      start_char_index: 0,
      end_char_index: citedText.length,
    },
  ];
}

function encode(type: string, data: object): string {
  return encodeEvent({ type, ...data }, type);
}

function buildUsage({ usage }: Answer, outputTokens: number): object {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mInputTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hInputTokens,
    },
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: Math.min(usage.reasoningTokens, outputTokens) },
    service_tier: 'standard',
  };
}
