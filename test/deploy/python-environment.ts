import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../node_modules/.cache/gatehouse-deploy', import.meta.url));

/**
 * Folder of the programs that a file of requirements beside this one brings, in an environment of their own beside the npm packages.
 * It is made once for each content of the file.
 */
export async function installPythonEnvironment(
  file: 'emulator-requirements.txt' | 'cfn-lint-requirements.txt',
): Promise<string> {
  const requirements = fileURLToPath(new URL(file, import.meta.url));
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const folder = join(cache, digest.slice(0, 12));
  const complete = join(folder, 'complete');
  const programs = join(folder, 'bin');
  if (existsSync(complete)) return programs;
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await requirePython();
  await attempt(
    'python3',
    ['-m', 'venv', folder],
    'could not make a virtual environment (on Debian it needs python3-venv)',
  );
  await attempt(
    join(programs, 'python'),
    ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '-r', requirements],
    `could not install test/deploy/${file}`,
  );
  await writeFile(complete, digest);
  return programs;
}

async function requirePython(): Promise<void> {
  const program = 'import sys; sys.exit(sys.version_info < (3, 10))';
  await run('python3', ['-c', program]).catch((cause: unknown) => {
    throw new Error('The deployment test needs Python 3.10 or newer as `python3`, for an AWS emulator and cfn-lint.', {
      cause,
    });
  });
}

async function attempt(command: string, parameters: readonly string[], failure: string): Promise<void> {
  await run(command, parameters).catch((cause: { stdout?: string; stderr?: string }) => {
    throw new Error(`The deployment test ${failure}:\n${cause.stdout ?? ''}${cause.stderr ?? ''}`, { cause });
  });
}
