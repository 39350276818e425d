import type { ReadStream } from 'node:tty';
import { styleText } from 'node:util';
import type { Style } from './table.ts';

/** Everything outside that the command touches, handed in by `bin/cli.ts`. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** For questions, notes and errors, so that what is piped on stays clean. */
  readonly errors: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls back on the next Ctrl-C instead of ending the process. */
  onInterrupt(callback: () => void): void;
}

/** Whether there is somebody to ask. */
export function isInteractive({ input, errors }: Terminal): boolean {
  return input.isTTY === true && errors.isTTY === true;
}

/** Colour only on a terminal that wants it (https://no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean }, environment: Terminal['environment']) {
  const colours = stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  return (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow'): Style =>
    colours ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
}

/** All of standard input, as text. */
export async function readInput({ input }: Terminal): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
