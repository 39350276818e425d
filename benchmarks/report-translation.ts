import { alignColumns } from './align-columns.ts';
import { translationColumns, translationUnits, upstreamProtocols } from './measure-translation.ts';
import { type Figures, median } from './measure.ts';

const columnTitles: Readonly<Record<(typeof translationColumns)[number], string>> = {
  passed: 'passed on',
  json: 'parse, stringify',
  'openai-chat': 'to openai-chat',
  'openai-responses': 'to openai-responses',
  'anthropic-messages': 'to anthropic-messages',
  gemini: 'to gemini',
};

/** One line per upstream protocol, one column per client protocol; empty where translation was not measured. */
export function formatTranslation(figures: Figures): string {
  const value = (name: string): number | undefined => median(figures.of('translation', name));
  const measured = translationUnits.filter((unit) => value(`${unit} openai-chat json`) !== undefined);
  if (measured.length === 0) return '';
  const lines = measured.flatMap((unit) =>
    upstreamProtocols.map((upstream) => [
      `CPU us/${unit}, ${upstream}`,
      ...translationColumns.map((column) => formatCell((other) => value(`${unit} ${upstream} ${other}`), column)),
    ]),
  );
  const table = alignColumns([['', ...translationColumns.map((column) => columnTitles[column])], ...lines]);
  return `${table}\n\nIn brackets: times the cost of passing the same bytes on, times that of JSON.parse and JSON.stringify.`;
}

function formatCell(value: (column: string) => number | undefined, column: string): string {
  const cost = value(column);
  if (cost === undefined) return '-';
  const shown = cost < 100 ? cost.toFixed(1) : cost.toFixed(0);
  const references = [value('passed'), value('json')];
  if (column === 'passed' || column === 'json') return shown;
  return `${shown} (${references.map((reference) => timesOf(cost, reference)).join(', ')})`;
}

function timesOf(cost: number, reference: number | undefined): string {
  return reference === undefined ? '-' : `${(cost / reference).toFixed(1)}x`;
}
