import { usageError } from './cli-error.ts';
import { type Column, formatMembers, formatTable } from './table.ts';
import { styleFor, type Terminal } from './terminal.ts';

export type Members = readonly (readonly [string, string | number | undefined])[];

/** How one kind of resource is shown. */
export interface View<Item> {
  readonly columns: readonly Column<Item>[];
  readonly members: (item: Item) => Members;
  /** What `--quiet` prints: what other commands take as its name. */
  readonly id: (item: Item) => string;
}

/** Writes results to standard output in the form that was asked for, and notes to standard error. */
export interface Printer {
  readonly form: 'human' | 'json' | 'ids';
  item<Item>(view: View<Item>, item: Item): void;
  /** A resource with its ETag, which is for people only: `--json` is the body the API answered, and nothing else. */
  answer<Item>(view: View<Item>, answer: { readonly body: Item; readonly etag: string | undefined }): void;
  /** Everything first, because columns and the closing bracket need it. */
  list<Item>(view: View<Item>, items: AsyncIterable<Item>): Promise<void>;
  /** After a call that answers with nothing. */
  done(id: string, note: string): void;
  json(body: unknown): void;
  line(text: string): void;
  /** For people, never for scripts: goes to standard error, and nowhere with `--json` or `--quiet`. */
  note(text: string): void;
  /** For everybody: goes to standard error. */
  warning(text: string): void;
}

/** @throws CliError (usage) for `--json` together with `--quiet` */
export function createPrinter(terminal: Terminal, options: { readonly json?: true; readonly quiet?: true }): Printer {
  if (options.json && options.quiet) throw usageError('Give --json or --quiet, not both.');
  const form = options.json ? 'json' : options.quiet ? 'ids' : 'human';
  const { output, errors, environment } = terminal;
  const bold = styleFor(output, environment)('bold');
  const dim = styleFor(output, environment)('dim');
  const line = (text: string): void => void output.write(`${text}\n`);
  const json = (body: unknown): void => line(JSON.stringify(body, null, output.isTTY ? 2 : undefined));
  const show = <Item>(view: View<Item>, body: Item, etag?: string): void => {
    if (form === 'json') json(body);
    else if (form === 'ids') line(view.id(body));
    else for (const text of formatMembers([...view.members(body), ['etag', etag]], dim)) line(text);
  };

  return {
    form,
    json,
    line,
    note: (text) => void (form === 'human' && errors.write(`${text}\n`)),
    done: (id, note) => {
      if (form === 'ids') line(id);
      else if (form === 'human') errors.write(`${note}\n`);
    },
    warning: (text) => void errors.write(`${text}\n`),
    item: (view, body) => show(view, body),
    answer: (view, { body, etag }) => show(view, body, etag),
    list: async <Item>(view: View<Item>, items: AsyncIterable<Item>) => {
      const data: Item[] = [];
      for await (const item of items) data.push(item);
      if (form === 'json') json({ data });
      else if (form === 'ids') for (const item of data) line(view.id(item));
      else if (data.length === 0) errors.write('None.\n');
      else for (const text of formatTable(view.columns, data, bold)) line(text);
    },
  };
}
