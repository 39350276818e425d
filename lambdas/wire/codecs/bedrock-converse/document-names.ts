import type { DocumentPart } from '../../canonical/request.ts';

const maxNameLength = 200;

/**
 * Names of a request's documents. Converse demands one for each, unlike all others, of letters, digits, single spaces, hyphens,
 * parentheses and square brackets. They depend on nothing but the documents before them, so that the next turn of a
 * conversation finds its prompt in the cache.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
export class DocumentNames {
  readonly #taken = new Set<string>();
  /** By name: the number to try next. */
  readonly #numbers = new Map<string, number>();

  next({ title, fileName }: DocumentPart): string {
    const wanted = neutral(title) ?? neutral(fileName?.replace(/\.\w{1,5}$/, '')) ?? 'Document';
    let name = wanted;
    let number = this.#numbers.get(wanted) ?? 2;
    for (; this.#taken.has(name); number += 1) name = `${wanted} (${number})`;
    this.#numbers.set(wanted, number);
    this.#taken.add(name);
    return name;
  }
}

function neutral(text: string | undefined): string | undefined {
  const name = (text ?? '')
    .replaceAll(/[^A-Za-z0-9()[\]-]+/g, ' ')
    .trim()
    .slice(0, maxNameLength)
    .trim();
  return name === '' ? undefined : name;
}
