import { type Command, Option } from 'commander';
import type { ItemOf } from '../admin-client.ts';
import { usageError } from '../cli-error.ts';
import { given } from '../given.ts';
import type { View } from '../printer.ts';
import { addWorkspaceOption, workspaceOf, type WorkspaceOption } from '../scope.ts';
import { readProviderSecret, type SecretOptions } from '../secret-input.ts';
import type { Session, WithSession } from '../session.ts';

type Credential = ItemOf<'listCredentials'>;

interface PlaceOptions extends WorkspaceOption {
  readonly platform?: true;
}

const view: View<Credential> = {
  id: ({ provider }) => provider,
  columns: [
    { title: 'PROVIDER', value: ({ provider }) => provider },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'ENDS IN', value: ({ lastFour }) => lastFour },
    { title: 'ZERO RETENTION', value: ({ zeroRetention }) => (zeroRetention ? 'yes' : 'no') },
    { title: 'ROTATED', value: ({ rotatedAt }) => rotatedAt ?? 'never' },
  ],
  members: (credential) => [
    ['provider', credential.provider],
    ['kind', credential.kind],
    ['ends in', credential.lastFour],
    ['zero retention', credential.zeroRetention ? 'yes' : 'no'],
    ['previous usable', credential.previousUsable ? 'yes' : 'no'],
    ['created', credential.createdAt],
    ['rotated', credential.rotatedAt ?? 'never'],
  ],
};

/** `credentials …`: secrets of providers, written and never read back. */
export function addCredentialCommands(program: Command, withSession: WithSession): void {
  const credentials = program.command('credentials').description('secrets of providers; they cannot be read back');
  addPlace(credentials.command('list')).description('list what may be known of credentials').action(withSession(list));
  addSecretOptions(addPlace(credentials.command('set').argument('<provider>').argument('[refused...]')))
    .usage('[options] <provider>')
    .description('store or rotate a credential; without an option for its secret it is asked for')
    .option('--zero-retention', 'the vendor account has an agreement that nothing is kept')
    .action(withSession(set));
  addPlace(credentials.command('get').argument('<provider>'))
    .description('show what may be known of a credential')
    .action(withSession(get));
  addPlace(credentials.command('delete').argument('<provider>'))
    .description('delete a credential; holds from the next request on')
    .action(withSession(remove));
}

function addPlace(command: Command): Command {
  return addWorkspaceOption(command).option('--platform', 'the platform’s own, for workspaces that bring none');
}

function addSecretOptions(command: Command): Command {
  return command
    .option('--secret-stdin', 'read it from standard input')
    .option('--secret-env <name>', 'read it from this environment variable')
    .option('--secret-json-stdin', 'read a structured one from standard input: OAuth client, AWS keys or role')
    .addOption(new Option('--secret [refused]').hideHelp());
}

/** Undefined stands for the platform. */
async function placeOf(session: Session, options: PlaceOptions): Promise<string | undefined> {
  if (!options.platform) return workspaceOf(session, options);
  if (options.workspace !== undefined || options.organization !== undefined) {
    throw usageError('--platform is about no organization and no workspace.');
  }
  return undefined;
}

async function list(session: Session, options: PlaceOptions): Promise<void> {
  const { client, print } = session;
  const workspace = await placeOf(session, options);
  const items =
    workspace === undefined
      ? client.iterate('listPlatformCredentials', {})
      : client.iterate('listCredentials', { parameters: { workspace } });
  await print.list(view, items);
}

async function set(
  session: Session,
  options: PlaceOptions & SecretOptions & { readonly zeroRetention?: true; readonly secret?: string | true },
  provider: string,
  refused: readonly string[],
): Promise<void> {
  const { client, print } = session;
  // Taken here so that Commander does not repeat it in an error of its own.
  if (refused.length > 0 || options.secret !== undefined) {
    throw usageError(
      'A secret on the command line is seen by others: use --secret-stdin or --secret-env. Nothing was sent.',
    );
  }
  if (session.options.token === '-' && (options.secretStdin || options.secretJsonStdin)) {
    throw usageError('Standard input cannot hold both the token and the secret.');
  }
  const workspace = await placeOf(session, options);
  const secret = await readProviderSecret(options, session.terminal);
  const body = given({ secret, zeroRetention: options.zeroRetention });
  const { body: stored } =
    workspace === undefined
      ? await client.call('putPlatformCredential', { parameters: { provider }, body })
      : await client.call('putCredential', { parameters: { workspace, provider }, body });
  print.item(view, stored);
}

async function get(session: Session, options: PlaceOptions, provider: string): Promise<void> {
  const { client, print } = session;
  const workspace = await placeOf(session, options);
  const { body } =
    workspace === undefined
      ? await client.call('getPlatformCredential', { parameters: { provider } })
      : await client.call('getCredential', { parameters: { workspace, provider } });
  print.item(view, body);
}

async function remove(session: Session, options: PlaceOptions, provider: string): Promise<void> {
  const { client, print } = session;
  const workspace = await placeOf(session, options);
  if (workspace === undefined) await client.call('deletePlatformCredential', { parameters: { provider } });
  else await client.call('deleteCredential', { parameters: { workspace, provider } });
  print.done(provider, `The credential for ${provider} is deleted.`);
}
