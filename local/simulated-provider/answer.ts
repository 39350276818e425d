import type { TokenUsage } from '../../lambdas/metering/token-usage.ts';
import { type CachePolicy, countInput, type PrefixCache } from './count-usage.ts';
import type { RequestedModel } from './models.ts';
import { sampleArguments } from './sample-arguments.ts';

/** The models' own limit, for requests that set none or a higher one. */
const maximumOutputTokens = 100_000;

/** What a request asks, whatever its protocol. */
export interface Prompt {
  /** In order; a separate system prompt comes first. */
  readonly messages: readonly PromptMessage[];
  /** The tools that the request lets the model call, the preferred one first. */
  readonly tools: readonly Tool[];
  readonly maximumTokens: number;
  /** OpenAI's `n`. */
  readonly choices: number;
  readonly cachePolicy: CachePolicy;
}

export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
}

export interface Tool {
  readonly name: string;
  readonly schema: unknown;
}

/** The least a model can say: one output token. A word with the white space before it, or a fragment of a tool's arguments. */
export interface Piece {
  readonly kind: 'reasoning' | 'text' | 'tool-arguments';
  readonly text: string;
}

/** What the model says, whatever the protocol that carries it. The same prompt gets the same answer. */
export interface Answer {
  readonly pieces: readonly Piece[];
  /** The tool that the `tool-arguments` pieces are for. */
  readonly toolName: string;
  readonly ending: 'complete' | 'length' | 'tool-call' | 'failure';
  readonly firstMs: number;
  readonly delayMs: number;
  /** Whether the status line goes out before the first wait rather than after it. */
  readonly headFirst: boolean;
  readonly usage: TokenUsage;
}

/** Decides the whole answer: a piece is an output token, so the pieces are cut where the request's maximum says. */
export function createAnswer(prompt: Prompt, model: RequestedModel, cache: PrefixCache): Answer {
  const { first = 0, delay = 0 } = model.parameters;
  const tool = model.id === 'tool-call' && prompt.messages.at(-1)?.role !== 'tool' ? prompt.tools[0] : undefined;
  const all = tool === undefined ? saySomething(prompt, model) : callTool(tool);
  const pieces = all.slice(0, Math.min(prompt.maximumTokens, maximumOutputTokens));
  return {
    pieces,
    toolName: tool?.name ?? '',
    ending: decideEnding(model, { cut: pieces.length < all.length, calledTool: tool !== undefined }),
    firstMs: first,
    delayMs: delay,
    headFirst: model.id === 'silent',
    usage: countUsage({ ...prompt, pieces }, model, cache),
  };
}

/** Neighbouring pieces of a kind, joined: what a response that is not streamed shows. */
export function joinPieces(pieces: readonly Piece[]): Piece[] {
  const joined: { kind: Piece['kind']; texts: string[] }[] = [];
  for (const { kind, text } of pieces) {
    const last = joined.at(-1);
    if (last?.kind === kind) last.texts.push(text);
    else joined.push({ kind, texts: [text] });
  }
  return joined.map(({ kind, texts }) => ({ kind, text: texts.join('') }));
}

function decideEnding(model: RequestedModel, facts: { cut: boolean; calledTool: boolean }): Answer['ending'] {
  if (model.id === 'failing-midstream') return 'failure';
  if (facts.cut) return 'length';
  return facts.calledTool ? 'tool-call' : 'complete';
}

function saySomething(prompt: Prompt, model: RequestedModel): Piece[] {
  const words = repeatWords(splitWords(textToEcho(prompt, model)), model.parameters.words);
  const text = words.map((word): Piece => ({ kind: 'text', text: word }));
  if (model.id !== 'reasoning') return text;
  const reasoning = splitWords('The user wants these words back, so that is my answer.');
  return [...reasoning.map((word): Piece => ({ kind: 'reasoning', text: word })), ...text];
}

/** A tool's result is answered by repeating it: calling the tool again would send an agent round in circles. */
function textToEcho({ messages }: Prompt, model: RequestedModel): string {
  const last = messages.at(-1);
  const echoed =
    model.id === 'tool-call' && last?.role === 'tool' ? last : messages.findLast(({ role }) => role === 'user');
  return echoed?.text ?? '';
}

/** Joined again, the words are the text, white space included; a text without words gets a word to answer with. */
function splitWords(text: string): string[] {
  if (text.trim() === '') return ['(nothing)'];
  return text.match(/\s*\S+(?:\s+$)?/g) ?? [];
}

function repeatWords(words: readonly string[], count: number | undefined): string[] {
  if (count === undefined) return [...words];
  const bare = words.map((word) => word.trim());
  return Array.from({ length: count }, (_, index) => (index === 0 ? '' : ' ') + bare[index % bare.length]);
}

function callTool(tool: Tool): Piece[] {
  const text = JSON.stringify(sampleArguments(tool.schema));
  // By code point, so that each fragment is text in its own right.
  const fragments = text.match(/.{1,10}/gsu) ?? [];
  return fragments.map((fragment) => ({ kind: 'tool-arguments', text: fragment }));
}

function countUsage(said: Prompt & Pick<Answer, 'pieces'>, model: RequestedModel, cache: PrefixCache): TokenUsage {
  const { pieces, choices, messages } = said;
  const texts = messages.map(({ text }) => text);
  const outputTokens = model.parameters.output ?? pieces.length * choices;
  const reasoning = pieces.filter(({ kind }) => kind === 'reasoning').length * choices;
  return {
    ...countInput(model, texts, { policy: said.cachePolicy, cache }),
    outputTokens,
    reasoningTokens: Math.min(reasoning, outputTokens),
  };
}
