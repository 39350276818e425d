import type { Answer, ItemOf } from './admin-client.ts';
import { CliError, usageError } from './cli-error.ts';
import { exitCodes } from './exit-code.ts';
import { policyMembers } from './policy-view.ts';
import type { Printer, View } from './printer.ts';

type Key = ItemOf<'listKeys'>;
type KeyWithSecret = Answer<'createKey'>['body'];

export const keyView: View<Key> = {
  id: ({ id }) => id,
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'STATUS', value: ({ status }) => status },
    { title: 'ENDS IN', value: ({ lastFour }) => lastFour },
    { title: 'EXPIRES', value: ({ expiresAt }) => expiresAt },
    { title: 'LAST USED', value: ({ lastUsedAt }) => lastUsedAt ?? 'never' },
  ],
  members: (key) => [
    ['id', key.id],
    ['name', key.name],
    ['status', key.status],
    ['ends in', key.lastFour],
    ['organization', key.organization],
    ['workspace', key.workspace],
    ['models', key.models?.join(', ') ?? 'all'],
    ['endpoints', key.endpoints?.join(', ') ?? 'all'],
    ['networks', key.cidrs?.join(', ') ?? 'all'],
    ...policyMembers(key),
    ['expires', key.expiresAt ?? 'never'],
    ['overlap ends', key.overlapEndsAt],
    ['last used', key.lastUsedAt ?? 'never'],
    ['created', key.createdAt],
    ['updated', key.updatedAt],
    ['revoked', key.revokedAt],
  ],
};

/** @throws CliError (usage): `--quiet` would throw away what is shown only once */
export function refuseQuietSecret({ form }: Printer): void {
  if (form === 'ids') throw usageError('--quiet would throw the secret away. Take the last line, or --json.');
}

/**
 * A key whose secret is shown this once: alone on the last line of standard output, so that `| tail -n 1` has it.
 *
 * @throws CliError when the answer with the secret was lost and the server, asked again, does not have it any more
 */
export function printKeyWithSecret(print: Printer, key: KeyWithSecret): void {
  const { secret, ...shown } = key;
  if (print.form === 'json') print.json(key);
  else print.item(keyView, shown);
  if (secret === undefined) {
    throw new CliError(
      exitCodes.failedCheck,
      `The answer that held the secret was lost on its way. Get another one: gatehouse keys rotate ${key.id}`,
    );
  }
  if (print.form === 'json') return;
  print.note('\nThe secret is shown this once and cannot be read again:');
  print.line(secret);
}
