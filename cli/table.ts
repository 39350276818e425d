import { stripVTControlCharacters } from 'node:util';
import { printable } from './problem-details.ts';

export interface Column<Item> {
  readonly title: string;
  readonly value: (item: Item) => string | number | undefined;
  readonly align?: 'right';
}

export type Style = (text: string) => string;

/** Lines with aligned columns, two spaces between them; `style` is for the line of titles. An absent value is a hyphen. */
export function formatTable<Item>(columns: readonly Column<Item>[], items: readonly Item[], style: Style): string[] {
  const rows = items.map((item) => columns.map(({ value }) => cell(value(item))));
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((_, index) => Math.max(...[titles, ...rows].map((row) => widthOf(row[index] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align))
      .join('  ')
      .trimEnd();
  return [style(line(titles)), ...rows.map(line)];
}

/** One `name  value` line per member that has a value. */
export function formatMembers(
  members: readonly (readonly [string, string | number | undefined])[],
  style: Style,
): string[] {
  const present = members.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...present.map(([name]) => widthOf(name)));
  return present.map(([name, value]) => `${style(name.padEnd(width))}  ${cell(value)}`);
}

function cell(value: string | number | undefined): string {
  return value === undefined || value === '' ? '-' : printable(String(value));
}

function pad(text: string, width: number, align: 'right' | undefined): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + text : text + space;
}

/** In characters, not UTF-16 units. Wide scripts are not measured: their columns shift, nothing is lost. */
function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
