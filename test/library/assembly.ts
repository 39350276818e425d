import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Record<string, unknown> }>
  >;
}

/** Types of resources of a cloud assembly, by stack and with how many there are. */
export function resourceCounts(folder: string): Readonly<Record<string, Readonly<Record<string, number>>>> {
  return Object.fromEntries(
    stacksIn(folder).map(({ name, template }) => {
      const counts: Record<string, number> = {};
      for (const { Type } of Object.values(template.Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
      return [name, counts];
    }),
  );
}

/** SHA-256 of every file of code that a folder holds, at whatever depth. */
export function hashesOfCode(folder: string): readonly string[] {
  return pathsEndingIn(folder, '.cjs').map((path) => hashOf(join(folder, path)));
}

/** Assets that the templates name and the assembly lacks. */
export function missingAssets(folder: string): readonly string[] {
  return manifestsIn(folder).flatMap(({ directory, manifest }) =>
    Object.values(manifest.files)
      .map(({ source }) => join(directory, source.path))
      .filter((path) => !existsSync(path)),
  );
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function stacksIn(folder: string): readonly { name: string; template: Template }[] {
  return pathsEndingIn(folder, '.template.json').map((path) => ({
    name: path.split('/').at(-1)!.replace('.template.json', ''),
    template: JSON.parse(readFileSync(join(folder, path), 'utf8')) as Template,
  }));
}

function manifestsIn(folder: string) {
  return pathsEndingIn(folder, '.assets.json').map((path) => ({
    directory: join(folder, path, '..'),
    manifest: JSON.parse(readFileSync(join(folder, path), 'utf8')) as {
      files: Record<string, { source: { path: string } }>;
    },
  }));
}

function pathsEndingIn(folder: string, suffix: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(suffix))
    .toSorted();
}
