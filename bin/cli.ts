#!/usr/bin/env node
import { runCli } from '../cli/run.ts';
import type { Terminal } from '../cli/terminal.ts';

/** `npx gatehouse`: see docs/cli.md. */
const terminal: Terminal = {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  environment: process.env,
  onInterrupt: (callback) => process.once('SIGINT', callback),
};

// Whoever reads the output may have enough of it: `gatehouse requests list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), terminal);
