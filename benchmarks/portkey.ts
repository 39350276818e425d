import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const server = join(import.meta.dirname, 'node_modules/@portkey-ai/gateway/build/start-server.js');

/** The peer's server script, installed into benchmarks/ on first use; its packages stay out of the root's `npm ci`. */
export async function installPortkey(): Promise<string> {
  if (existsSync(server)) return server;
  // Under `npm run`, npm says where it lies itself; it need not be on the path.
  const npm = process.env['npm_execpath'];
  const [command, before] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  // --prefix, because `npm run` leaves the root's prefix in the environment.
  const options = ['ci', '--prefix', import.meta.dirname, '--ignore-scripts'];
  await promisify(execFile)(command, [...before, ...options], { cwd: import.meta.dirname });
  return server;
}
