import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import * as z from 'zod';
import { run } from './run.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly packed: Packed;
  }
}

/** What `npm pack` made. */
export interface Packed {
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
}

const packOutput = z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) });

let folder: string;

/** Packs once for all files, the way a release does: with `prepack`, so from the sources as they are. */
export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-pack-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder]);
  // npm 11 prints a list, npm 12 an object by package name; what `prepack` prints comes first.
  const printed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
  const { filename, files } = packOutput.parse(Object.values(printed as object)[0]);
  project.provide('packed', { tarball: join(folder, filename), files: files.map(({ path }) => path) });
}

export async function teardown(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
