import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of one function's bundle, in `bundlesPath` or else where the build, or the published package, has it. */
export function bundlePath(name: string, bundlesPath?: string): string {
  return join(bundlesPath ?? builtBundles(), name);
}

/** Sources and compiled code lie at different depths below the same root, and `dist/lambdas` is beneath it in both. */
function builtBundles(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, 'dist', 'lambdas');
}
