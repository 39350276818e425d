import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The TypeScript of a paper, by the heading above it. */
export function examplesOf(path: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  return Object.fromEntries(
    sections.flatMap((section) => {
      const code = /^```ts\n(.*?)^```$/ms.exec(section)?.[1];
      return code === undefined ? [] : [[section.slice(0, section.indexOf('\n')), code]];
    }),
  );
}
