import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  abilities,
  type CatalogEntry,
  type CatalogFilter,
  listEntries,
  modalities,
  requireProvider,
} from '../catalog/catalog-entries.ts';
import { buildOverride, type OverrideOptions } from '../catalog/price-override.ts';
import { parseUsd } from '../money.ts';
import { createPrinter, type View } from '../printer.ts';
import { collectModel, parseAuth } from '../provider-declaration.ts';
import type { GlobalOptions } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { collectText, parseCount } from '../values.ts';

/** Rates in dollars per million tokens, as price pages write them. */
const view: View<CatalogEntry> = {
  id: ({ provider, id }) => `${provider}/${id}`,
  columns: [
    { title: 'MODEL', value: ({ provider, id }) => `${provider}/${id}` },
    { title: 'CONTEXT', value: ({ contextTokens }) => contextTokens, align: 'right' },
    { title: 'MAX OUTPUT', value: ({ maxOutputTokens }) => maxOutputTokens, align: 'right' },
    { title: 'IN', value: ({ price }) => dollars(price.inputPerMillion), align: 'right' },
    { title: 'CACHED', value: ({ price }) => dollars(price.cacheReadPerMillion), align: 'right' },
    { title: 'OUT', value: ({ price }) => dollars(price.outputPerMillion), align: 'right' },
    { title: 'UNITS', value: ({ price }) => dollars(price.perMillionUnits), align: 'right' },
    { title: 'TAKES', value: ({ capabilities }) => capabilities.input?.join(' ') },
    { title: 'CAN', value: ({ capabilities }) => abilities.filter((ability) => capabilities[ability]).join(' ') },
    { title: 'PROTOCOLS', value: ({ protocols }) => protocols.join(' ') },
    { title: 'AS OF', value: ({ asOf }) => asOf },
    { title: 'SOURCE', value: ({ source }) => source },
  ],
  members: ({ provider, id }) => [['model', `${provider}/${id}`]],
};

/** `catalog …`: what this build knows of models and their prices. It has no session: it needs neither a gateway nor a network. */
export function addCatalogCommands(program: Command, terminal: Terminal): void {
  const catalog = program.command('catalog').description('models and prices that this build knows, without a gateway');
  catalog
    .command('list', { isDefault: true })
    .argument('[provider]', 'a built-in one')
    .description('list models with their limits and prices, in USD per million tokens')
    .option('--model <text>', 'those with this in their name')
    .option('--protocol <name>', 'those that answer on it, such as anthropic-messages')
    .addOption(choice('--input <modality>', 'those that take it; repeatable', modalities))
    .addOption(choice('--can <ability>', 'those that can; repeatable', abilities))
    .option('--min-context <tokens>', 'those with at least this context', parseCount)
    .action((provider: string | undefined, _: object, command: Command) =>
      list(provider, command.optsWithGlobals(), terminal),
    );
  catalog
    .command('override')
    .argument('<provider>', 'a built-in one')
    .description('print the declaration that gives its models other prices, for `providers set --file`')
    .option('--model <id=price>', 'id=free, or id=INPUT/OUTPUT[/CACHE READ[/CACHE WRITE]]; repeatable', collectModel)
    .addOption(
      new Option('--scale <factor>', 'times every rate of the catalog, such as 1.1')
        .argParser(parseFactor)
        .conflicts('model'),
    )
    .option('--base-url <url>', 'where it stands, if not at the vendor’s public address')
    .option('--auth <kind>', 'how it wants its key there, as of `providers set`', parseAuth)
    .option('--region <name>', 'of a provider that has an address per AWS region')
    .action((provider: string, _: object, command: Command) => override(provider, command.optsWithGlobals(), terminal));
}

function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, `${description} (${choices.join(', ')})`).argParser(
    (text: string, previous: readonly string[] | undefined) => {
      if (!choices.includes(text)) throw new InvalidArgumentError(`There are: ${choices.join(', ')}.`);
      return collectText(text, previous);
    },
  );
}

/** In millionths, so that rates are multiplied exactly. */
function parseFactor(text: string): number {
  const factor = parseUsd(text);
  if (factor <= 0) throw new InvalidArgumentError('Give a factor above 0, such as 1.1.');
  return factor;
}

async function list(
  provider: string | undefined,
  options: GlobalOptions & CatalogFilter,
  terminal: Terminal,
): Promise<void> {
  const print = createPrinter(terminal, options);
  const entries = listEntries(provider, options);
  await print.list(view, each(entries));
  if (provider !== undefined && listEntries(provider).length === 0) {
    const { displayName } = requireProvider(provider);
    print.note(`The catalog has no prices of ${displayName}: declare those you use (npx gatehouse providers set).`);
  }
}

async function* each(entries: readonly CatalogEntry[]): AsyncGenerator<CatalogEntry> {
  yield* entries;
}

/** @throws CliError (usage) */
function override(provider: string, options: GlobalOptions & OverrideOptions, terminal: Terminal): void {
  const print = createPrinter(terminal, options);
  const { declaration, warnings } = buildOverride(provider, options);
  for (const warning of warnings) print.warning(warning);
  if (print.form === 'ids') for (const { id } of declaration.models) print.line(id);
  else print.json(declaration);
}

function dollars(microUsd: number | undefined): string | undefined {
  return microUsd === undefined ? undefined : String(microUsd / 1_000_000);
}
