import type { BodyInputOf } from '../lambdas/control-plane/contract/operation.ts';
import type { Operations } from '../lambdas/control-plane/contract/operations.ts';
import { askSecret } from './ask.ts';
import { usageError } from './cli-error.ts';
import { isInteractive, readInput, type Terminal } from './terminal.ts';

export type ProviderSecret = BodyInputOf<Operations['putCredential']>['secret'];

export interface SecretOptions {
  readonly secretStdin?: true;
  readonly secretJsonStdin?: true;
  readonly secretEnv?: string;
}

/**
 * A provider's secret from one of the places that leave no trace in a process list or a shell history.
 *
 * @throws CliError (usage) without ever repeating what was read
 */
export async function readProviderSecret(options: SecretOptions, terminal: Terminal): Promise<ProviderSecret> {
  const ways = [options.secretStdin, options.secretJsonStdin, options.secretEnv].filter((way) => way !== undefined);
  if (ways.length > 1) throw usageError('Give one of --secret-stdin, --secret-json-stdin and --secret-env.');
  if (options.secretJsonStdin) return parseStructured(await readInput(terminal));
  const secret = (await readText(options, terminal)).trim();
  if (secret === '') throw usageError('The secret is empty.');
  return secret;
}

async function readText(options: SecretOptions, terminal: Terminal): Promise<string> {
  if (options.secretStdin) return readInput(terminal);
  if (options.secretEnv !== undefined) {
    const secret = terminal.environment[options.secretEnv];
    if (secret === undefined) throw usageError('The variable that --secret-env names is not set.');
    return secret;
  }
  if (isInteractive(terminal)) return askSecret(terminal, 'Secret (not shown): ');
  throw usageError('Give the secret by --secret-stdin, --secret-json-stdin or --secret-env NAME.');
}

function parseStructured(text: string): ProviderSecret {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw usageError('Standard input does not hold valid JSON.');
  }
  if (typeof value !== 'object' || value === null || !('kind' in value)) {
    throw usageError('Standard input must hold a JSON object with "kind", one of those in docs/cli.md.');
  }
  return value as ProviderSecret;
}
