import { setTimeout as wait } from 'node:timers/promises';
import type { AdminClient } from './admin-client.ts';
import { CliError } from './cli-error.ts';
import type { Session } from './session.ts';

const pollMs = 2000;

/**
 * Erases an organization. It may take the server longer than one call: the same call then asks again.
 *
 * @param untilDone whether to ask until nothing is left
 */
export async function eraseOrganization(
  { client, print }: Session,
  organization: string,
  untilDone: boolean,
): Promise<void> {
  const started = await erase(client, organization);
  if (started === 202)
    print.warning('Its keys no longer work. Requests under way or many records keep the erasure busy.');
  if (started === 202 && !untilDone) {
    print.warning('It goes on by itself; the same command with --wait waits for its end.');
    return;
  }
  for (let status = started; status === 202; status = await eraseAgain(client, organization)) await wait(pollMs);
  print.done(organization, `Organization ${organization} is erased.`);
}

async function erase(client: AdminClient, organization: string): Promise<number> {
  const { status } = await client.call('deleteOrganization', { parameters: { organization } });
  return status;
}

async function eraseAgain(client: AdminClient, organization: string): Promise<number> {
  try {
    return await erase(client, organization);
  } catch (error) {
    // Nothing is left to find.
    if (error instanceof CliError && error.status === 404) return 404;
    throw error;
  }
}
