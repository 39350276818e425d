import { InvalidArgumentError } from 'commander';

/** A repeatable option of plain texts. */
export function collectText(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/**
 * A whole number, 0 included.
 *
 * @throws InvalidArgumentError
 */
export function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
