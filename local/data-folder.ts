import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from './configuration.ts';

/** Small files beside the database, readable by their owner only. */
export interface DataFolder {
  readonly databasePath: string;
  /** 32 bytes that wrap every data key of this installation; made on first use. */
  keyEncryptionKey(): Buffer;
  read(name: string): string | undefined;
  write(name: string, value: string): void;
}

const keyFile = 'key-encryption-key';

/** @throws ConfigurationError when the folder cannot be made or written. */
export function openDataFolder(folder: string): DataFolder {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    writeFileSync(path.join(folder, '.writable'), '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new ConfigurationError(
      `The data folder ${folder} cannot be used (${code}). Choose another one with --data-dir or GATEHOUSE_DATA_DIR.`,
    );
  }
  const fileOf = (name: string): string => path.join(folder, name);
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(fileOf(name), 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  // A process that dies while it writes must not leave half a file to the next one.
  const write = (name: string, value: string): void => {
    writeFileSync(fileOf(`${name}.new`), `${value}\n`, { mode: 0o600, flush: true });
    renameSync(fileOf(`${name}.new`), fileOf(name));
  };

  return {
    databasePath: fileOf('database'),
    read,
    write,
    keyEncryptionKey() {
      const stored = read(keyFile);
      const key = stored === undefined ? randomBytes(32) : Buffer.from(stored, 'base64');
      if (key.length !== 32) throw new ConfigurationError(`${fileOf(keyFile)} does not hold 32 bytes in base64.`);
      if (stored === undefined) write(keyFile, key.toString('base64'));
      return key;
    },
  };
}
