import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aws, runCommand } from './commands.ts';
import type { Emulator } from './emulator.ts';

export interface DeployedFunction {
  /** Folder with the code, unpacked from what Lambda hands out. */
  readonly codeFolder: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the zip, in base64, as Lambda and as this test computed it. */
  readonly digests: readonly [string, string];
}

/** Downloads a function as it was deployed. */
export async function downloadFunction(emulator: Emulator, name: string): Promise<DeployedFunction> {
  const { Code, Configuration } = await aws<{
    Code: { Location: string };
    Configuration: { CodeSha256: string; Handler: string; Environment: { Variables: Record<string, string> } };
  }>(emulator, 'lambda', 'get-function', '--function-name', name);
  const location = new URL(Code.Location);
  const zip = Buffer.from(
    await (await fetch(`${emulator.endpoint}${location.pathname}${location.search}`)).arrayBuffer(),
  );
  const file = join(emulator.environment['HOME']!, `${name}.zip`);
  const codeFolder = file.slice(0, -'.zip'.length);
  await writeFile(file, zip);
  const { status, output } = await runCommand(emulator, 'python', ['-m', 'zipfile', '-e', file, codeFolder]);
  if (status !== 0) throw new Error(`could not unpack ${file}: ${output}`);
  return {
    codeFolder,
    handler: Configuration.Handler,
    environment: Configuration.Environment.Variables,
    digests: [Configuration.CodeSha256, createHash('sha256').update(zip).digest('base64')],
  };
}
