import { alignColumns } from './align-columns.ts';
import { type CandidateName, candidateNames } from './candidates.ts';
import { concurrencies, type Figures, median, slowStreams } from './measure.ts';

export interface Budget {
  readonly budget: string;
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

interface Row {
  readonly label: string;
  readonly figure: string;
  readonly digits: number;
}

const perConcurrency = concurrencies.flatMap((concurrency): Row[] =>
  (['p50', 'p90', 'p99'] as const).map((part) => ({
    label: `added ms, ${concurrency} at a time, ${part}`,
    figure: `added ${concurrency} ${part}`,
    digits: 2,
  })),
);

const rows: readonly Row[] = [
  ...perConcurrency,
  { label: 'ms to first byte, p50', figure: 'first byte p50', digits: 2 },
  { label: 'ms to first byte, p99', figure: 'first byte p99', digits: 2 },
  ...concurrencies.map((concurrency) => ({
    label: `CPU us/request, ${concurrency} at a time`,
    figure: `cpu ${concurrency}`,
    digits: 0,
  })),
  { label: 'CPU us/chunk, usage asked for', figure: 'chunk asked', digits: 1 },
  { label: 'CPU us/chunk, usage not asked for', figure: 'chunk not-asked', digits: 1 },
  { label: '% of chunks that arrive singly', figure: 'pieces asked', digits: 0 },
  { label: `peak MB, ${slowStreams} slow streams`, figure: 'rss', digits: 0 },
  { label: 'CPU us/store call', figure: 'store call', digits: 0 },
  { label: 'ms to load the bundle', figure: 'load', digits: 1 },
  { label: 'ms of the first call', figure: 'first call', digits: 1 },
  { label: 'ms of the first call, translated', figure: 'first call translated', digits: 1 },
];

const titles: Readonly<Record<CandidateName, string>> = {
  direct: 'direct',
  floor: 'floor',
  gatehouse: 'Gatehouse',
  'gatehouse-storeless': 'without store calls',
  portkey: '@portkey-ai/gateway',
};

/** One line per figure, one column per candidate: the median of the rounds, and between which values they lay. */
export function formatTable(figures: Figures, installed: readonly CandidateName[]): string {
  const shown = rows.filter(({ figure }) => candidateNames.some((name) => figures.of(figure, name).length > 0));
  const lines = shown.map(({ label, figure, digits }) => [
    label,
    ...candidateNames.map((name) =>
      installed.includes(name) ? formatValues(figures.of(figure, name), digits) : 'not installed',
    ),
  ]);
  return alignColumns([['', ...candidateNames.map((name) => titles[name])], ...lines]);
}

function formatValues(values: readonly number[], digits: number): string {
  const middle = median(values);
  if (middle === undefined) return '-';
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return values.length === 1 ? middle.toFixed(digits) : `${middle.toFixed(digits)} (${low}-${high})`;
}

export function formatBudgets(budgets: readonly Budget[]): string {
  const lines = budgets.map(({ budget, measured, verdict }) => [budget, measured, verdict]);
  return alignColumns([['budget', 'measured', ''], ...lines]);
}

/** Of the proxy's files, in KB. docs/decisions/0029 */
const fileLimits = { index: 120, translation: 200, protocols: 30, providers: 20, catalog: 40 } as const;

const translatedPairs = [
  ['openai-chat', 'anthropic-messages'],
  ['anthropic-messages', 'openai-chat'],
] as const;

/** The budgets of the design, each against the median of this run. */
export function judgeBudgets(figures: Figures, fileBytes: Readonly<Record<string, number>>): readonly Budget[] {
  const value = (figure: string, name: CandidateName): number | undefined => median(figures.of(figure, name));
  const translated = (name: string): number | undefined => median(figures.of('translation', name));
  return [
    ...concurrencies.map((concurrency) =>
      ratioBudget(
        `CPU per request without store calls, ${concurrency} at a time: <= 2 x floor`,
        [value(`cpu ${concurrency}`, 'gatehouse-storeless'), value(`cpu ${concurrency}`, 'floor')],
        2,
      ),
    ),
    ...(['gatehouse', 'gatehouse-storeless'] as const).map((name) =>
      ratioBudget(
        `time to first byte, ${name === 'gatehouse' ? 'everything included' : 'without store calls'}: <= 2 x floor`,
        [value('first byte p50', name), value('first byte p50', 'floor')],
        2,
      ),
    ),
    ...(['asked', 'not-asked'] as const).map((usage) =>
      ratioBudget(
        `CPU per streamed chunk, usage ${usage === 'asked' ? 'asked for' : 'not asked for'}: <= 1.5 x floor`,
        [value(`chunk ${usage}`, 'gatehouse'), value(`chunk ${usage}`, 'floor')],
        1.5,
      ),
    ),
    limitBudget(`${slowStreams} slow streams: <= 160 MB`, value('rss', 'gatehouse'), 160, 'MB'),
    limitBudget('CPU per store call: <= 450 us', value('store call', 'gatehouse'), 450, 'us'),
    portkeyBudget(value('added 1 p50', 'gatehouse'), value('added 1 p50', 'portkey')),
    ...Object.entries(fileLimits).map(([file, limit]) =>
      limitBudget(`${file}.cjs of the proxy: <= ${limit} KB`, kilobytes(fileBytes[file]), limit, 'KB'),
    ),
    limitBudget('load and first call: <= 60 ms', value('load and first call', 'gatehouse'), 60, 'ms'),
    ...translatedPairs.map(([upstream, client]) =>
      ratioBudget(
        `CPU per translated chunk, ${upstream} to ${client}: <= 3 x parse and stringify`,
        [translated(`chunk ${upstream} ${client}`), translated(`chunk ${upstream} json`)],
        3,
      ),
    ),
  ];
}

function ratioBudget(budget: string, values: readonly (number | undefined)[], limit: number): Budget {
  const [measured, floor] = values;
  if (measured === undefined || floor === undefined) return { budget, measured: '-', verdict: 'not measured' };
  const ratio = measured / floor;
  return { budget, measured: `${ratio.toFixed(2)} x`, verdict: ratio <= limit ? 'met' : 'missed' };
}

function limitBudget(budget: string, measured: number | undefined, limit: number, unit: string): Budget {
  if (measured === undefined) return { budget, measured: '-', verdict: 'not measured' };
  return { budget, measured: `${measured.toFixed(1)} ${unit}`, verdict: measured <= limit ? 'met' : 'missed' };
}

function kilobytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024;
}

function portkeyBudget(ours: number | undefined, theirs: number | undefined): Budget {
  const budget = "added p50 one at a time, everything included: below the peer's";
  if (ours === undefined || theirs === undefined) return { budget, measured: '-', verdict: 'not measured' };
  const measured = `${ours.toFixed(2)} ms against ${theirs.toFixed(2)} ms`;
  return { budget, measured, verdict: ours < theirs ? 'met' : 'missed' };
}

/** Every figure with the values of its rounds, for `--json`. */
export function toJson(figures: Figures): object {
  const perCandidate = (candidates: ReadonlyMap<string, readonly number[]>): object =>
    Object.fromEntries([...candidates].map(([name, rounds]) => [name, { median: median(rounds), rounds }]));
  return Object.fromEntries([...figures.all()].map(([figure, candidates]) => [figure, perCandidate(candidates)]));
}
