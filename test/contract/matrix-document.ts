import { caseNames, type CaseName, type Pair, upstreamProtocols, clientProtocols } from './cases.ts';
import type { Cell, Verdict } from './matrix.ts';

const introduction = `# Translation matrix

Every client protocol against every provider's protocol, in twelve cases, whole and streamed. Written by \`npm run matrix\`; a test
fails while this page is not what the code does. Each cell sends a client's request of the case (\`test/contract/fixtures\`) through
the translation and reads what the provider would get, then sends the provider's answer back and reads what the client gets: text,
calls and their ids, reasoning and its proof, finish reason, usage to the token, by readers that share no code with the codecs.

- **pass**: the whole content of the case arrived, both ways, whole and streamed.
- **=**: one protocol on both sides; not a byte is changed.
- **400**: refused before anything is sent or charged, with code \`parameter_not_supported\` and the JSON path, for the reason below.
  A request header of \`x-gatehouse-drop-unsupported: true\` leaves an option out instead; content is never left out.

The Responses API has no stop sequences; its case \`stop\` sends one all the same, which no target can be asked for.
`;

/** The page docs/translation-matrix.md. */
export function matrixDocument(cells: readonly Cell[]): string {
  const notes = new Map<string, number>();
  const tables = clientProtocols.map((client) => {
    const rows = upstreamProtocols.map((upstream) => row({ client, upstream }, cells, notes));
    return `## Clients of ${client}\n\n${tableOf(['Provider speaks', ...caseNames], rows)}\n`;
  });
  const legend = [...notes].map(([message, number]) => `${number}. ${message}`);
  return [introduction, ...tables, `## Refusals\n\n${legend.join('\n')}\n`].join('\n');
}

/** Failures, one a line; none where every cell passes or is explained. */
export function failures(cells: readonly Cell[]): string[] {
  return cells.flatMap(({ client, upstream, name, streamed, verdict }) =>
    verdict.kind === 'fail'
      ? [`${client} -> ${upstream}, ${name}, ${streamed ? 'streamed' : 'whole'}: ${verdict.problem}`]
      : [],
  );
}

function row(pair: Pair, cells: readonly Cell[], notes: Map<string, number>): string[] {
  const found = cells.filter(({ client, upstream }) => client === pair.client && upstream === pair.upstream);
  return [pair.upstream, ...caseNames.map((name) => cellText(pair, name, { found, notes }))];
}

function cellText(
  { client, upstream }: Pair,
  name: CaseName,
  { found, notes }: { found: readonly Cell[]; notes: Map<string, number> },
): string {
  const texts = found.filter((cell) => cell.name === name).map(({ verdict }) => verdictText(verdict, notes));
  const [first] = texts;
  if (first === 'pass' && client === upstream) return texts.every((text) => text === first) ? '=' : texts.join(' / ');
  return texts.every((text) => text === first) ? (first ?? '') : texts.join(' / ');
}

function verdictText(verdict: Verdict, notes: Map<string, number>): string {
  switch (verdict.kind) {
    case 'pass':
      return 'pass';
    case 'fail':
      return 'FAIL';
    case 'refused': {
      const number = notes.get(verdict.message) ?? notes.size + 1;
      notes.set(verdict.message, number);
      return `400 (${number})`;
    }
  }
}

/** Aligned, so that it reads in a terminal as on a page. */
function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_title, column) =>
    Math.max(...[header, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
