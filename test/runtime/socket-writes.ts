import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const noteSchema = z.object({ requestId: z.string(), at: z.number(), bytes: z.base64() });

/** One write of the runtime client's to its socket, as it was handed to the operating system. */
export interface SocketWrite {
  /** Milliseconds since the first write of this answer. */
  readonly at: number;
  /** One character a byte, with what HTTP adds: the head of the request, and before each frame its size. */
  readonly text: string;
}

/** The writes of one answer, in order, from what `record-writes.cjs` has noted of all. */
export async function readSocketWrites(notesFile: string, requestId: string): Promise<SocketWrite[]> {
  const lines = (await readFile(notesFile, 'utf8')).split('\n').slice(0, -1);
  const notes = lines.map((line) => noteSchema.parse(JSON.parse(line))).filter((note) => note.requestId === requestId);
  const startedAt = notes[0]?.at ?? 0;
  return notes.map(({ at, bytes }) => ({ at: at - startedAt, text: Buffer.from(bytes, 'base64').toString('latin1') }));
}

/** Eight NUL bytes in a frame of their own. */
export const delimiter = '\r\n8\r\n\0\0\0\0\0\0\0\0\r\n';

/** What had left when status, headers and the delimiter after them had, to the end of that write; and what left in later ones. */
export function splitAfterPrelude(writes: readonly SocketWrite[]): { prelude: string; rest: string } {
  const count = 1 + writes.findIndex((_write, index) => joinText(writes.slice(0, index + 1)).includes(delimiter));
  return { prelude: joinText(writes.slice(0, count)), rest: joinText(writes.slice(count)) };
}

function joinText(writes: readonly SocketWrite[]): string {
  return writes.map(({ text }) => text).join('');
}

/** For people: when each write left, and how much it held. */
export function describeWrites(writes: readonly SocketWrite[]): string {
  return writes.map(({ at, text }) => `${at.toFixed(1)} ms: ${text.length} bytes`).join(', ');
}
