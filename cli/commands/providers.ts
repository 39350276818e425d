import { type Command, Option } from 'commander';
import type { BodyInputOf } from '../../lambdas/control-plane/contract/operation.ts';
import type { Operations } from '../../lambdas/control-plane/contract/operations.ts';
import type { ItemOf } from '../admin-client.ts';
import { usageError } from '../cli-error.ts';
import { given } from '../given.ts';
import { readJsonFile } from '../json-file.ts';
import { formatUsd } from '../money.ts';
import type { View } from '../printer.ts';
import { collectModel, type DeclaredAuth, type DeclaredModel, parseAuth } from '../provider-declaration.ts';
import type { Session, WithSession } from '../session.ts';
import { collectText } from '../values.ts';

type Provider = ItemOf<'listProviders'>;
type Declaration = BodyInputOf<Operations['putProvider']>;

interface SetOptions {
  readonly file?: string;
  readonly baseUrl?: string;
  /** The server knows which there are, and names them. */
  readonly protocol?: Provider['protocols'];
  readonly auth?: DeclaredAuth;
  readonly model?: readonly DeclaredModel[];
  readonly zeroRetention?: true;
}

const view: View<Provider> = {
  id: ({ name }) => name,
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'BASE URL', value: ({ baseUrl }) => baseUrl },
    { title: 'PROTOCOLS', value: ({ protocols }) => protocols.join(', ') },
    { title: 'AUTH', value: ({ auth }) => authText(auth) },
    { title: 'MODELS', value: ({ models }) => models.length, align: 'right' },
  ],
  members: (provider) => [
    ['name', provider.name],
    ['base url', provider.baseUrl],
    ['protocols', provider.protocols.join(', ')],
    ['auth', authText(provider.auth)],
    ['zero retention', provider.zeroRetention ? 'yes' : 'no'],
    ...provider.models.map((model) => ['model', `${model.id}: ${priceText(model)}`] as const),
    ['created', provider.createdAt],
    ['updated', provider.updatedAt],
  ],
};

/** `providers …`: endpoints the operator declares. */
export function addProviderCommands(program: Command, withSession: WithSession): void {
  const providers = program.command('providers').description('providers that the operator declares');
  providers
    .command('list')
    .description('list declared providers')
    .action(withSession(({ client, print }) => print.list(view, client.iterate('listProviders', {}))));
  providers
    .command('set')
    .argument('<name>')
    .description('declare a provider, or replace its declaration')
    .option('--base-url <url>', 'what you would give an SDK')
    .option('--protocol <name>', 'such as openai-chat or anthropic-messages; repeatable, preferred first', collectText)
    .option('--auth <kind>', 'bearer, none, header:NAME, query:NAME or sigv4[:SERVICE/REGION]', parseAuth)
    .option(
      '--model <id=price>',
      'id=free, or id=INPUT/OUTPUT in USD per million tokens; repeatable, id * is any',
      collectModel,
    )
    .option('--zero-retention', 'it keeps nothing of a request')
    .addOption(
      new Option('--file <path>', 'the whole declaration as JSON, - for standard input').conflicts([
        'baseUrl',
        'protocol',
        'auth',
        'model',
        'zeroRetention',
      ]),
    )
    .action(withSession(set));
  providers.command('get').argument('<name>').description('show a declared provider').action(withSession(get));
  providers.command('delete').argument('<name>').description('withdraw a declaration').action(withSession(remove));
}

async function set(session: Session, options: SetOptions, provider: string): Promise<void> {
  const body =
    options.file === undefined
      ? declarationOf(options)
      : await readJsonFile<Declaration>(options.file, session.terminal);
  session.print.item(view, (await session.client.call('putProvider', { parameters: { provider }, body })).body);
}

function declarationOf({ baseUrl, protocol, auth, model, zeroRetention }: SetOptions): Declaration {
  if (baseUrl === undefined || model === undefined) throw usageError('Give --base-url and --model, or --file.');
  return given({ baseUrl, protocols: protocol, auth, models: [...model], zeroRetention });
}

async function get({ client, print }: Session, _: object, provider: string): Promise<void> {
  print.item(view, (await client.call('getProvider', { parameters: { provider } })).body);
}

async function remove({ client, print }: Session, _: object, provider: string): Promise<void> {
  await client.call('deleteProvider', { parameters: { provider } });
  print.done(provider, `The declaration of ${provider} is withdrawn.`);
}

function authText({ kind, name }: DeclaredAuth): string {
  return name === undefined ? kind : `${kind}:${name}`;
}

function priceText({ price }: DeclaredModel): string {
  if (price === undefined) return 'free';
  return `${formatUsd(price.inputPerMillion)} in, ${formatUsd(price.outputPerMillion)} out, per million tokens`;
}
