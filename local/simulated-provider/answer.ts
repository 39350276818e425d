import type { TokenUsage } from '../../lambdas/metering/token-usage.ts';
import { countInput, type PrefixCache } from './count-usage.ts';
import type { RequestedModel } from './models.ts';
import { listMedia, type Prompt } from './prompt.ts';
import { type Piece, speak } from './speech.ts';

/** The models' own limit, for requests that set none or a higher one. */
const maximumOutputTokens = 100_000;

/** What the model says, whatever the protocol that carries it. The same prompt gets the same answer. */
export interface Answer {
  readonly pieces: readonly Piece[];
  /** Names of the tools that the `tool-arguments` pieces call, by `Piece.call`. */
  readonly calls: readonly string[];
  readonly ending: 'complete' | 'stop-sequence' | 'length' | 'tool-call' | 'refusal' | 'filtered' | 'failure';
  /** The one that the text met; it is not part of the text. */
  readonly stopSequence?: string;
  /** What the text is cited from. */
  readonly citation?: Citation;
  readonly firstMs: number;
  readonly delayMs: number;
  /** Whether the status line goes out before the first wait rather than after it. */
  readonly headFirst: boolean;
  readonly usage: TokenUsage;
}

/** A document of the request that allows it, or else a page of the web: vendors cite the one or the other. */
export interface Citation {
  readonly title: string;
  readonly url: string;
  readonly document?: { readonly index: number; readonly citedText: string };
}

/** Decides the whole answer: a piece is an output token, so the pieces are cut where the request's maximum says. */
export function createAnswer(prompt: Prompt, model: RequestedModel, cache: PrefixCache): Answer {
  const { first = 0, delay = 0 } = model.parameters;
  const speech = speak(prompt, model);
  const { pieces: stopped, stopSequence } = cutAtStop(speech.pieces, prompt.stopSequences);
  const pieces = stopped.slice(0, Math.min(prompt.maximumTokens, maximumOutputTokens));
  const ending = decideEnding(model, {
    cut: pieces.length < stopped.length,
    stopped: stopSequence !== undefined,
    called: speech.calls.length > 0,
    ...(speech.refusal && { refusal: speech.refusal }),
  });
  return {
    pieces,
    calls: speech.calls,
    ending,
    ...(ending === 'stop-sequence' && stopSequence !== undefined && { stopSequence }),
    ...(model.id === 'citations' && { citation: cite(prompt) }),
    firstMs: first,
    delayMs: delay,
    headFirst: model.id === 'silent',
    usage: countUsage(prompt, { pieces, model }, cache),
  };
}

/** Neighbouring pieces of a kind (and of a call), joined: what a response that is not streamed shows. */
export function joinPieces(pieces: readonly Piece[]): Piece[] {
  const joined: { piece: Piece; texts: string[] }[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last !== undefined && isSameBlock(last.piece, piece)) last.texts.push(piece.text);
    else joined.push({ piece, texts: [piece.text] });
  }
  return joined.map(({ piece, texts }) => ({ ...piece, text: texts.join('') }));
}

/** Whether a protocol with blocks has both in one. */
export function isSameBlock(one: Piece, other: Piece): boolean {
  return one.kind === other.kind && one.call === other.call;
}

/** The joined text of a kind; the empty string if there is none. */
export function textOf({ pieces }: Answer, kind: Piece['kind']): string {
  return pieces.flatMap((piece) => (piece.kind === kind ? [piece.text] : [])).join('');
}

interface EndingFacts {
  readonly cut: boolean;
  readonly stopped: boolean;
  readonly called: boolean;
  readonly refusal?: 'refusal' | 'filtered';
}

function decideEnding(model: RequestedModel, { cut, stopped, called, refusal }: EndingFacts): Answer['ending'] {
  if (model.id === 'failing-midstream') return 'failure';
  if (cut) return 'length';
  if (stopped) return 'stop-sequence';
  return refusal ?? (called ? 'tool-call' : 'complete');
}

/** Stop sequences are looked for in the text alone, and the first one met ends it. */
function cutAtStop(pieces: readonly Piece[], sequences: readonly string[]): { pieces: Piece[]; stopSequence?: string } {
  const text = pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join('');
  const [met] = sequences
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at !== -1)
    .toSorted((one, other) => one.at - other.at);
  if (met === undefined) return { pieces: [...pieces] };
  let left = met.at;
  const kept = pieces.flatMap((piece) => {
    if (piece.kind !== 'text') return [piece];
    const part = piece.text.slice(0, left);
    left -= part.length;
    return part === '' ? [] : [{ ...piece, text: part }];
  });
  return { pieces: kept, stopSequence: met.sequence };
}

function cite(prompt: Prompt): Citation {
  const documents = listMedia(prompt, 'document');
  const index = documents.findIndex(({ citable }) => citable !== undefined);
  const { title = 'A simulated source', citable = '' } = documents[index] ?? {};
  const source = { title, url: 'https://example.com/source' };
  return index === -1 ? source : { ...source, document: { index, citedText: citable.slice(0, 20) } };
}

function countUsage(
  { messages, choices, cachePolicy: policy }: Prompt,
  { pieces, model }: { pieces: readonly Piece[]; model: RequestedModel },
  cache: PrefixCache,
): TokenUsage {
  const texts = messages.map(({ text }) => text);
  const outputTokens = model.parameters.output ?? pieces.length * choices;
  const reasoning = pieces.filter(({ kind }) => kind === 'reasoning').length * choices;
  return {
    ...countInput(model, texts, { policy, cache }),
    outputTokens,
    reasoningTokens: Math.min(reasoning, outputTokens),
  };
}
