import { readFileSync } from 'node:fs';
import { usageError } from './cli-error.ts';
import { readInput, type Terminal } from './terminal.ts';

/**
 * A request body from a file, or from standard input for `-`. The server checks what is in it.
 *
 * @throws CliError (usage) when it cannot be read or holds no JSON object
 */
export async function readJsonFile<Body>(path: string, terminal: Terminal): Promise<Body> {
  const text = path === '-' ? await readInput(terminal) : readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${path} does not hold valid JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usageError(`${path} must hold one JSON object.`);
  }
  return value as Body;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw usageError(`${path} cannot be read (${code}).`);
  }
}
