import type { Losses } from '../../canonical/losses.ts';
import type { EmbeddingsRequest, EmbeddingTask } from './codec.ts';

/** The texts, for vendors that take nothing else. Titles are Gemini's alone. */
export function plainTexts({ inputs }: EmbeddingsRequest, losses: Losses): readonly string[] {
  return inputs.map((input) => {
    if (input.kind === 'tokens') return refuseTokens(input.path, losses);
    if (input.title !== undefined) losses.drop(`${input.path}.title`, 'it takes no titles');
    return input.text;
  });
}

export function refuseTokens(path: string, losses: Losses): never {
  return losses.refuse(path, 'it takes texts; tokens are numbers of one vendor alone');
}

/** A vendor's word for the task; its nearest relatives stand in for what it does not tell apart. */
export function encodeTask<Word extends string>(
  { task, paths }: EmbeddingsRequest,
  words: Readonly<Partial<Record<EmbeddingTask, Word>>>,
  losses: Losses,
): Word | undefined {
  if (task === undefined) return undefined;
  const word = words[task];
  if (word === undefined) losses.drop(paths.task ?? 'input_type', `it makes no embeddings for ${task}`);
  return word;
}

export function dropTask({ task, paths }: EmbeddingsRequest, losses: Losses): void {
  if (task !== undefined) losses.drop(paths.task ?? 'input_type', 'the model makes the same vectors for every task');
}

export function dropDimensions({ dimensions, paths }: EmbeddingsRequest, losses: Losses): void {
  if (dimensions !== undefined) losses.drop(paths.dimensions ?? 'dimensions', 'the model has vectors of one size');
}
