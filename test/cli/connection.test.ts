import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findConnection } from '../../cli/connection.ts';

const noInput = (): Promise<string> => Promise.reject(new Error('nothing to read'));

function dataFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), `${value}\n`);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('the connection', () => {
  test('is taken from flags before the environment before the data folder', async () => {
    const dataDir = dataFolder({ 'admin-url': 'http://127.0.0.1:1', 'admin-token': 'from-file' });
    const environment = { GATEHOUSE_ADMIN_URL: 'https://two.example', GATEHOUSE_ADMIN_TOKEN: 'from-variable' };

    const byFile = await findConnection({ dataDir }, {}, noInput);
    const byVariable = await findConnection({ dataDir }, environment, noInput);
    const byFlag = await findConnection(
      { dataDir, url: 'https://three.example', token: 'from-flag' },
      environment,
      noInput,
    );

    expect([byFile, byVariable, byFlag].map(({ url, token }) => [url, token])).toEqual([
      ['http://127.0.0.1:1', 'from-file'],
      ['https://two.example', 'from-variable'],
      ['https://three.example', 'from-flag'],
    ]);
  });

  test('finds the data folder by its variable', async () => {
    const folder = dataFolder({ 'admin-url': 'http://127.0.0.1:1', 'admin-token': 'from-file' });

    expect(await findConnection({}, { GATEHOUSE_DATA_DIR: folder }, noInput)).toMatchObject({ token: 'from-file' });
  });

  test('takes the token from standard input for a hyphen', async () => {
    const options = { url: 'https://one.example', token: '-' };

    expect(await findConnection(options, {}, () => Promise.resolve('piped\n'))).toMatchObject({ token: 'piped' });
  });

  test.each([
    ['https://one.example/', 'https://one.example'],
    ['https://one.example/stage/', 'https://one.example/stage'],
    ['https://one.example/admin/v1/', 'https://one.example'],
    ['http://localhost:8788', 'http://localhost:8788'],
    ['http://[::1]:8788', 'http://[::1]:8788'],
  ])('takes %s for %s', async (url, expected) => {
    expect(await findConnection({ url, token: 't' }, {}, noInput)).toMatchObject({ url: expected });
  });

  test.each(['http://one.example', 'http://127.0.0.1.example.com', 'http://10.0.0.1', 'http://localhost.example'])(
    'refuses to send a token in the clear to %s',
    async (url) => {
      await expect(findConnection({ url, token: 't' }, {}, noInput)).rejects.toThrow(/in the clear/);
      await expect(findConnection({ url, token: 't', insecure: true }, {}, noInput)).resolves.toMatchObject({ url });
    },
  );

  test('does not send a local runner’s token to another host', async () => {
    const dataDir = dataFolder({ 'admin-url': 'http://127.0.0.1:1', 'admin-token': 'from-file' });

    await expect(findConnection({ dataDir, url: 'https://one.example' }, {}, noInput)).rejects.toThrow(/no token/);
  });

  test.each(['https://user:hunter2@one.example', 'ftp://hunter2.example', 'hunter2'])(
    'refuses the URL %s without repeating it',
    async (url) => {
      const refused = findConnection({ url, token: 't' }, {}, noInput);

      await expect(refused).rejects.toThrow(/The URL from --url/);
      await expect(refused).rejects.not.toThrow(/hunter2/);
    },
  );

  test.each(['', 'two words', 'line\nbreak', 'ümlaut-hunter2'])(
    'refuses the token %j without repeating it',
    async (token) => {
      const refused = findConnection({ url: 'https://one.example', token }, {}, noInput);

      await expect(refused).rejects.toThrow(/The token from --token/);
      await expect(refused).rejects.not.toThrow(/hunter2/);
    },
  );

  test('is asked for when there is none', async () => {
    const environment = { GATEHOUSE_DATA_DIR: 'no-such-folder' };

    await expect(findConnection({}, environment, noInput)).rejects.toMatchObject({ exitCode: 2 });
    await expect(findConnection({ url: 'https://one.example' }, environment, noInput)).rejects.toThrow(/no token/);
  });
});
