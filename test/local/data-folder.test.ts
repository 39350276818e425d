import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../local/configuration.ts';
import { openDataFolder } from '../../local/data-folder.ts';
import { temporaryFolder } from '../fixtures/local-process.ts';

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('openDataFolder', () => {
  it('makes a folder, with those above it, for its owner alone', () => {
    const folder = path.join(temporaryFolder(), 'a', 'b');

    openDataFolder(folder);

    expect(modeOf(folder)).toBe('700');
  });

  it('closes a folder that others could read', () => {
    const folder = path.join(temporaryFolder(), 'open');
    mkdirSync(folder);
    chmodSync(folder, 0o755);

    openDataFolder(folder);

    expect(modeOf(folder)).toBe('700');
  });

  it('gives back what was written, also when it is opened again', () => {
    const folder = temporaryFolder();
    openDataFolder(folder).write('admin-token', 'token-1');

    const again = openDataFolder(folder);

    expect(again.read('admin-token')).toBe('token-1');
    expect(again.read('api-key')).toBeUndefined();
    expect(modeOf(path.join(folder, 'admin-token'))).toBe('600');
  });

  it('puts a whole file in the place of the one before', () => {
    const folder = temporaryFolder();
    const opened = openDataFolder(folder);
    opened.write('seed', 'before');
    linkSync(path.join(folder, 'seed'), path.join(folder, 'still-open'));

    opened.write('seed', 'after');

    expect([opened.read('seed'), opened.read('still-open')]).toEqual(['after', 'before']);
  });

  it('makes the key-encryption key once', () => {
    const folder = temporaryFolder();

    const [first, second] = [openDataFolder(folder).keyEncryptionKey(), openDataFolder(folder).keyEncryptionKey()];
    const other = openDataFolder(temporaryFolder()).keyEncryptionKey();

    expect(first).toHaveLength(32);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
    expect(modeOf(path.join(folder, 'key-encryption-key'))).toBe('600');
  });

  it('refuses a key-encryption key of another length rather than replacing it', () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'key-encryption-key');
    writeFileSync(file, Buffer.alloc(16).toString('base64'));

    expect(() => openDataFolder(folder).keyEncryptionKey()).toThrow(ConfigurationError);
    expect(readFileSync(file, 'utf8')).toBe(Buffer.alloc(16).toString('base64'));
  });

  it('refuses a place that is a file', () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');

    expect(() => openDataFolder(file)).toThrow(/cannot be used \(E[A-Z]+\)\. Choose another one with --data-dir/);
  });
});
