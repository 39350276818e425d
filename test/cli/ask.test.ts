import { describe, expect, test } from 'vitest';
import { startAdminServer } from './admin-server.ts';
import { runCommand } from './run-command.ts';

const asking = [
  ['a confirmation', ['organizations', 'delete', 'org_1']],
  ['a secret', ['credentials', 'set', 'openai', '--platform']],
] as const;
const keys = [
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
] as const;

describe.each(asking)('a question for %s', (_, commandLine) => {
  test.each(keys)('ends with %s, and nothing is done', async (_name, key) => {
    const server = await startAdminServer();

    const { code, stderr } = await runCommand(commandLine, { server, terminal: true, input: key });

    expect({ code, calls: server.calls }).toEqual({ code: 1, calls: [] });
    expect(stderr).toContain('Nothing was done.');
  });
});
