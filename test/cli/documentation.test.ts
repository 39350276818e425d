import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { exitCodeTexts } from '../../cli/exit-code.ts';
import { createProgram } from '../../cli/program.ts';
import { startAdminServer } from './admin-server.ts';
import { assemblyOf } from './cost-assembly.ts';
import { runCommand } from './run-command.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');

/** Everything to paste, as it stands in blocks of its own. */
const lines = text.match(/^.*npx gatehouse .*$/gm)?.filter((line) => !line.includes('`')) ?? [];

const terminal = {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  environment: {},
  onInterrupt: () => undefined,
};

describe('docs/cli.md', () => {
  test('has a line to paste for every command', () => {
    const missing = leavesOf(createProgram(terminal)).filter(
      (name) => !lines.some((line) => line.includes(`npx ${name}`)),
    );

    expect(missing).toEqual([]);
  });

  test.each(lines)('has a line that works: %s', async (line) => {
    const server = await startAdminServer();
    const [, , ...commandLine] = wordsOf(line.slice(line.indexOf('npx gatehouse')));

    // It reads what `cdk synth` made, on the line above it.
    const assembly = line.includes('gatehouse cost') ? ['--assembly', assemblyOf({})] : [];
    const { code, stderr } = await runCommand([...commandLine, ...assembly], {
      server,
      input: line.startsWith('echo') ? (wordsOf(line)[1] ?? '') : 'sk-typed-secret\n',
      // Without an option for the secret, it is typed.
      terminal: line.includes('credentials set') && !line.includes('--secret'),
      environment: { ANTHROPIC_API_KEY: 'sk-of-the-environment' },
      interrupt: true,
    });

    // The head in the text is nobody's.
    const isOfAnotherChain = line.includes('--expect-head');
    expect({ code, stderr: isOfAnotherChain || code !== 0 ? stderr : '' }).toEqual(
      isOfAnotherChain ? { code: 1, stderr: expect.stringMatching(/expected head/) } : { code: 0, stderr: '' },
    );
  });

  test('names every exit code as --help does', () => {
    for (const [code, meaning] of Object.entries(exitCodeTexts)) expect(text).toContain(`| ${code} | ${meaning} |`);
  });
});

function leavesOf(command: Command, path = command.name()): string[] {
  const children = command.commands.flatMap((child) => leavesOf(child, `${path} ${child.name()}`));
  return children.length === 0 ? [path] : children;
}

/** As a shell splits them, as far as the document goes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
