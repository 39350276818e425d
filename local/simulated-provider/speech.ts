import type { RequestedModel } from './models.ts';
import { listMedia, type Media, openToolResults, type Prompt, type Tool } from './prompt.ts';
import { Refusal } from './refusal.ts';
import { sampleArguments, sampleValue } from './sample-arguments.ts';

/** The least a model can say: one output token. A word with the white space before it, or a fragment of a tool's arguments. */
export interface Piece {
  readonly kind: 'reasoning' | 'text' | 'refusal' | 'tool-arguments';
  readonly text: string;
  /** Which of the answer's calls the arguments are for. */
  readonly call?: number;
}

/** What a model would say if nothing limited it. */
export interface Speech {
  readonly pieces: readonly Piece[];
  /** Names of the called tools. */
  readonly calls: readonly string[];
  readonly refusal?: 'refusal' | 'filtered';
}

/** @throws Refusal where the model is about a feature that the request does not use. */
export function speak(prompt: Prompt, model: RequestedModel): Speech {
  switch (model.id) {
    case 'tool-call':
      return callTools(prompt, prompt.tools.slice(0, 1)) ?? sayText(prompt, model);
    case 'parallel-tools':
      return callTools(prompt, chooseParallelTools(prompt)) ?? sayText(prompt, model);
    case 'reasoning':
      return thinkFirst(callTools(prompt, prompt.tools.slice(0, 1)) ?? sayText(prompt, model));
    case 'structured':
      return say(cutText(JSON.stringify(sampleValue(requireSchema(prompt)))));
    case 'vision':
      return say(splitWords(describe(listMedia(prompt, 'image'), 'image')));
    case 'document':
      return say(splitWords(describe(listMedia(prompt, 'document'), 'document')));
    case 'refusal':
      return { ...say(splitWords('I cannot help with that.'), 'refusal'), refusal: 'refusal' };
    case 'filtered':
      return { ...sayText(prompt, { ...model, parameters: { words: 1, ...model.parameters } }), refusal: 'filtered' };
    default:
      return sayText(prompt, model);
  }
}

function say(texts: readonly string[], kind: Piece['kind'] = 'text'): Speech {
  return { pieces: texts.map((text) => ({ kind, text })), calls: [] };
}

function thinkFirst(speech: Speech): Speech {
  return { ...speech, pieces: [...say(splitWords(thought), 'reasoning').pieces, ...speech.pieces] };
}

const thought = 'The user wants these words back, so that is my answer.';

function sayText(prompt: Prompt, model: RequestedModel): Speech {
  return say(repeatWords(splitWords(textToEcho(prompt, model)), model.parameters.words));
}

/** Models that call tools, which answer the results by repeating them: calling again would send an agent round in circles. */
const callers: readonly string[] = ['tool-call', 'parallel-tools', 'reasoning'];

function textToEcho(prompt: Prompt, model: RequestedModel): string {
  const results = callers.includes(model.id) ? openToolResults(prompt) : [];
  if (results.length > 0) return results.map(({ text }) => text).join('\n');
  return prompt.messages.findLast(({ role }) => role === 'user')?.text ?? '';
}

function callTools(prompt: Prompt, tools: readonly Tool[]): Speech | undefined {
  if (tools.length === 0 || openToolResults(prompt).length > 0) return undefined;
  const pieces = tools.flatMap(({ schema }, call) =>
    cutText(JSON.stringify(sampleArguments(schema))).map((text): Piece => ({ kind: 'tool-arguments', text, call })),
  );
  return { pieces, calls: tools.map(({ name }) => name) };
}

/** Each tool once, and a single one twice: a model that is about parallel calls makes two at least. */
function chooseParallelTools({ tools, parallelCalls }: Prompt): readonly Tool[] {
  if (!parallelCalls) return tools.slice(0, 1);
  return tools.length === 1 ? [...tools, ...tools] : tools;
}

function requireSchema({ output }: Prompt): unknown {
  if (output.schema !== undefined) return output.schema;
  throw new Refusal('invalid-request', `${output.member}: the model 'structured' answers structured output only.`, {
    param: output.member,
  });
}

function describe(media: readonly Media[], noun: string): string {
  if (media.length === 0) return `no ${noun}`;
  return media.map(({ description }, index) => `${noun} ${index + 1}: ${description}`).join('\n');
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

/** By code point, so that each fragment is text in its own right. */
function cutText(text: string): string[] {
  return text.match(/.{1,10}/gsu) ?? [];
}
