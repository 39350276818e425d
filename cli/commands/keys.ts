import type { Command } from 'commander';
import type { ItemOf } from '../admin-client.ts';
import { usageError } from '../cli-error.ts';
import { given } from '../given.ts';
import { addIfMatchOption, type IfMatchOption, readBeforeChange } from '../if-match.ts';
import { keyView, printKeyWithSecret, refuseQuietSecret } from '../key-view.ts';
import {
  addPolicyChangeOptions,
  addPolicyOptions,
  changedLimits,
  limitsOf,
  type PolicyOptions,
} from '../policy-options.ts';
import { addWorkspaceOption, workspaceOf, type WorkspaceOption } from '../scope.ts';
import type { Session, WithSession } from '../session.ts';
import { momentAfter, parseDuration, parseMoment } from '../time.ts';
import { collectText } from '../values.ts';

type Endpoint = NonNullable<ItemOf<'listKeys'>['endpoints']>[number];

interface KeyOptions extends PolicyOptions {
  readonly model?: readonly string[];
  /** The server knows which there are, and names them. */
  readonly endpoint?: readonly Endpoint[];
  readonly cidr?: readonly string[];
  readonly expiresAt?: string;
  readonly expiresIn?: number;
}

interface KeyChanges extends KeyOptions, IfMatchOption {
  readonly name?: string;
  /** false: `--no-models` and so on. */
  readonly models: boolean;
  readonly endpoints: boolean;
  readonly cidrs: boolean;
  readonly expiry: boolean;
}

/** `keys …`: API keys of a workspace. */
export function addKeyCommands(program: Command, withSession: WithSession): void {
  const keys = program.command('keys').description('API keys of a workspace');
  addWorkspaceOption(keys.command('list'))
    .description('list API keys, revoked ones included')
    .action(withSession(list));
  addWorkspaceOption(addScopes(addPolicyOptions(keys.command('create').argument('<name>'))))
    .description('create an API key; its secret is printed once, on the last line')
    .action(withSession(create));
  keys.command('get').argument('<id>').description('show an API key').action(withSession(get));
  addIfMatchOption(addScopes(addPolicyChangeOptions(keys.command('update').argument('<id>'))))
    .description('change an API key; holds from the next request on')
    .option('--name <name>')
    .option('--no-models', 'all models')
    .option('--no-endpoints', 'all paths')
    .option('--no-cidrs', 'from anywhere')
    .option('--no-expiry', 'it does not expire')
    .action(withSession(update));
  keys
    .command('revoke')
    .argument('<id>')
    .description('revoke an API key for good; the next request is refused')
    .action(withSession(revoke));
  keys
    .command('rotate')
    .argument('<id>')
    .description('give an API key a new secret, printed once, on the last line')
    .option(
      '--overlap <duration>',
      'how long the secret before goes on working, such as 1h; default: not at all',
      parseDuration,
    )
    .action(withSession(rotate));
}

function addScopes(command: Command): Command {
  return command
    .option('--model <pattern>', 'provider/model, a name, a route, or a beginning with *; repeatable', collectText)
    .option('--endpoint <path>', 'a path that may be called, such as /v1/chat/completions; repeatable', collectText)
    .option('--cidr <network>', 'a network it may be used from; repeatable', collectText)
    .option('--expires-in <duration>', 'such as 30d', parseDuration)
    .option('--expires-at <time>', 'such as 2026-12-31 or 2026-12-31T18:00:00Z', parseMoment);
}

async function list(session: Session, options: WorkspaceOption): Promise<void> {
  const workspace = await workspaceOf(session, options);
  await session.print.list(keyView, session.client.iterate('listKeys', { parameters: { workspace } }));
}

async function create(session: Session, options: WorkspaceOption & KeyOptions, name: string): Promise<void> {
  refuseQuietSecret(session.print);
  const body = given({
    name,
    models: copyOf(options.model),
    endpoints: copyOf(options.endpoint),
    cidrs: copyOf(options.cidr),
    expiresAt: expiryOf(options),
    limits: limitsOf(options.limit),
    budget: options.budget || undefined,
  });
  const workspace = await workspaceOf(session, options);
  printKeyWithSecret(session.print, (await session.client.call('createKey', { parameters: { workspace }, body })).body);
}

async function get({ client, print }: Session, _: object, key: string): Promise<void> {
  print.answer(keyView, await client.call('getKey', { parameters: { key } }));
}

async function update({ client, print }: Session, options: KeyChanges, key: string): Promise<void> {
  const body = {
    ...given({
      name: options.name,
      models: options.models ? copyOf(options.model) : null,
      endpoints: options.endpoints ? copyOf(options.endpoint) : null,
      cidrs: options.cidrs ? copyOf(options.cidr) : null,
      expiresAt: options.expiry ? expiryOf(options) : null,
      budget: options.budget === false ? null : options.budget,
    }),
  };
  if (Object.keys(body).length === 0 && options.limit === undefined) {
    throw usageError('Say what to change, such as --name or --limit.');
  }
  const parameters = { key };
  const { present, ifMatch } = await readBeforeChange(() => client.call('getKey', { parameters }), {
    ...options,
    needsPresent: options.limit !== undefined,
  });
  const limits = options.limit && changedLimits(present?.limits, options.limit);
  const input = { parameters, body: { ...body, ...given({ limits }) }, ...given({ ifMatch }) };
  print.answer(keyView, await client.call('updateKey', input));
}

async function revoke({ client, print }: Session, _: object, key: string): Promise<void> {
  print.item(keyView, (await client.call('revokeKey', { parameters: { key } })).body);
}

async function rotate({ client, print }: Session, options: { readonly overlap?: number }, key: string): Promise<void> {
  refuseQuietSecret(print);
  const body = given({ overlapSeconds: options.overlap });
  printKeyWithSecret(print, (await client.call('rotateKey', { parameters: { key }, body })).body);
}

function expiryOf({ expiresAt, expiresIn }: KeyOptions): string | undefined {
  if (expiresAt !== undefined && expiresIn !== undefined)
    throw usageError('Give --expires-in or --expires-at, not both.');
  return expiresIn === undefined ? expiresAt : momentAfter(expiresIn);
}

function copyOf<Item>(items: readonly Item[] | undefined): Item[] | undefined {
  return items && [...items];
}
