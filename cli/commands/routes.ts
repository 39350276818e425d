import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BodyInputOf } from '../../lambdas/control-plane/contract/operation.ts';
import type { Operations } from '../../lambdas/control-plane/contract/operations.ts';
import type { ItemOf } from '../admin-client.ts';
import { usageError } from '../cli-error.ts';
import { given } from '../given.ts';
import { readJsonFile } from '../json-file.ts';
import type { View } from '../printer.ts';
import { collectTarget, type RouteTarget } from '../route-target.ts';
import { addWorkspaceOption, workspaceOf, type WorkspaceOption } from '../scope.ts';
import type { Session, WithSession } from '../session.ts';
import { parseCount } from '../values.ts';

type Route = ItemOf<'listRoutes'>;
type Definition = BodyInputOf<Operations['putRoute']>;
type Timeouts = NonNullable<Definition['timeouts']>;

const timeoutNames = ['connectMs', 'firstByteMs', 'idleMs', 'totalMs'] as const satisfies (keyof Timeouts)[];

interface SetOptions extends WorkspaceOption {
  readonly file?: string;
  readonly target?: readonly RouteTarget[];
  readonly strategy?: 'ordered' | 'weighted';
  readonly retries?: number;
  readonly timeout?: Timeouts;
}

const view: View<Route> = {
  id: ({ name }) => name,
  columns: [
    { title: 'ALIAS', value: ({ name }) => name },
    { title: 'STRATEGY', value: ({ strategy }) => strategy },
    { title: 'TARGETS', value: ({ targets }) => targets.map(targetText).join(', ') },
  ],
  members: (route) => [
    ['alias', route.name],
    ['workspace', route.workspace],
    ['strategy', route.strategy],
    ...route.targets.map((target) => ['target', targetText(target)] as const),
    ['retries', route.retries ?? 0],
    [
      'timeouts',
      Object.entries(route.timeouts ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(' ') || undefined,
    ],
    ['created', route.createdAt],
    ['updated', route.updatedAt],
  ],
};

/** `routes …`: model names of a workspace's own. */
export function addRouteCommands(program: Command, withSession: WithSession): void {
  const routes = program.command('routes').description('model names of your own, with targets behind them');
  addWorkspaceOption(routes.command('list')).description('list routes').action(withSession(list));
  addWorkspaceOption(routes.command('set').argument('<alias>'))
    .description('create a route, or replace it')
    .option('--target <provider/model[@weight]>', 'repeatable, in the order they are tried', collectTarget)
    .addOption(new Option('--strategy <name>', 'default: ordered').choices(['ordered', 'weighted']))
    .option('--retries <count>', 'further attempts at each target', parseCount)
    .option('--timeout <name=milliseconds>', `repeatable; ${timeoutNames.join(', ')}`, collectTimeout)
    .addOption(
      new Option('--file <path>', 'the whole route as JSON, - for standard input').conflicts([
        'target',
        'strategy',
        'retries',
        'timeout',
      ]),
    )
    .action(withSession(set));
  addWorkspaceOption(routes.command('get').argument('<alias>')).description('show a route').action(withSession(get));
  addWorkspaceOption(routes.command('delete').argument('<alias>'))
    .description('delete a route')
    .action(withSession(remove));
}

function collectTimeout(text: string, previous: Timeouts = {}): Timeouts {
  const [name = '', value = '', ...rest] = text.split('=');
  const known = timeoutNames.find((candidate) => candidate === name);
  if (known === undefined || !/^[1-9]\d{0,8}$/.test(value) || rest.length > 0) {
    throw new InvalidArgumentError(`Give one of ${timeoutNames.join(', ')} and milliseconds, such as totalMs=60000.`);
  }
  return { ...previous, [known]: Number(value) };
}

async function list(session: Session, options: WorkspaceOption): Promise<void> {
  const workspace = await workspaceOf(session, options);
  await session.print.list(view, session.client.iterate('listRoutes', { parameters: { workspace } }));
}

async function set(session: Session, options: SetOptions, route: string): Promise<void> {
  const body =
    options.file === undefined ? definitionOf(options) : await readJsonFile<Definition>(options.file, session.terminal);
  const workspace = await workspaceOf(session, options);
  session.print.item(view, (await session.client.call('putRoute', { parameters: { workspace, route }, body })).body);
}

function definitionOf({ target, strategy, retries, timeout }: SetOptions): Definition {
  if (target === undefined) throw usageError('Give --target, or --file.');
  return given({ strategy, targets: [...target], retries, timeouts: timeout });
}

async function get(session: Session, options: WorkspaceOption, route: string): Promise<void> {
  const workspace = await workspaceOf(session, options);
  session.print.item(view, (await session.client.call('getRoute', { parameters: { workspace, route } })).body);
}

async function remove(session: Session, options: WorkspaceOption, route: string): Promise<void> {
  const workspace = await workspaceOf(session, options);
  await session.client.call('deleteRoute', { parameters: { workspace, route } });
  session.print.done(route, `Route ${route} is deleted.`);
}

function targetText({ provider, model, weight }: RouteTarget): string {
  return `${provider}/${model}${weight === undefined ? '' : `@${weight}`}`;
}
