import { randomUUID } from 'node:crypto';
import { type Answer, isSameBlock, joinPieces } from '../answer.ts';
import { describeTokens } from '../logprobs.ts';
import { citeUrls } from '../openai/annotations.ts';
import type { Piece } from '../speech.ts';

/** What the request decides about the items. */
export interface ItemOptions {
  readonly summary: boolean;
  /** Absent where the request does not include it. */
  readonly encryptedContent?: string;
  /** Alternatives to each token; undefined: no log probabilities. */
  readonly logprobs: number | undefined;
}

/** One item of the output, as it is at its end; a stream shows it in the making. */
export interface OutputItem {
  readonly id: string;
  readonly callId: string;
  readonly piece: Piece;
  readonly complete: boolean;
}

const prefixes = { reasoning: 'rs', text: 'msg', refusal: 'msg', 'tool-arguments': 'fc' } as const;

export function planItems(answer: Answer): OutputItem[] {
  const pieces = joinPieces(answer.pieces);
  const cut = answer.ending === 'length' || answer.ending === 'filtered';
  return pieces.map((piece, index) => ({
    id: `${prefixes[piece.kind]}_${randomUUID().replaceAll('-', '')}`,
    callId: `call_${randomUUID().replaceAll('-', '')}`,
    piece,
    complete: !(cut && index === pieces.length - 1),
  }));
}

export function buildItem({ id, callId, piece, complete }: OutputItem, answer: Answer, options: ItemOptions): object {
  const status = complete ? 'completed' : 'incomplete';
  switch (piece.kind) {
    case 'reasoning':
      return {
        id,
        type: 'reasoning',
        summary: options.summary ? [{ type: 'summary_text', text: piece.text }] : [],
        ...(options.encryptedContent && { encrypted_content: options.encryptedContent }),
      };
    case 'tool-arguments':
      return { ...openItem({ id, callId, piece, complete }, answer), arguments: piece.text, status };
    case 'text':
    case 'refusal':
      return {
        ...openItem({ id, callId, piece, complete }, answer),
        content: [buildPart(piece, answer, options)],
        status,
      };
  }
}

/** The item before anything is in it. */
export function openItem({ id, callId, piece }: OutputItem, answer: Answer): object {
  const status = 'in_progress';
  switch (piece.kind) {
    case 'reasoning':
      return { id, type: 'reasoning', summary: [] };
    case 'tool-arguments':
      return { id, type: 'function_call', status, arguments: '', call_id: callId, name: answer.calls[piece.call ?? 0] };
    case 'text':
    case 'refusal':
      return { id, type: 'message', status, role: 'assistant', content: [] };
  }
}

export function buildPart(piece: Piece, answer: Answer, { logprobs }: ItemOptions): object {
  if (piece.kind === 'refusal') return { type: 'refusal', refusal: piece.text };
  const tokens = answer.pieces.filter((each) => isSameBlock(each, piece)).map(({ text }) => text);
  return {
    type: 'output_text',
    annotations: citeUrls(answer),
    logprobs: logprobs === undefined ? [] : describeTokens(tokens, logprobs),
    text: piece.text,
  };
}

export function openPart({ kind }: Piece): object {
  return kind === 'refusal'
    ? { type: 'refusal', refusal: '' }
    : { type: 'output_text', annotations: [], logprobs: [], text: '' };
}
