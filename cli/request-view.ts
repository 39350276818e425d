import type { ItemOf } from './admin-client.ts';
import { formatUsd } from './money.ts';
import type { View } from './printer.ts';
import { printable } from './problem-details.ts';
import type { Style } from './table.ts';

export type RequestRecord = ItemOf<'listRequests'>;

export const requestView: View<RequestRecord> = {
  id: ({ id }) => id,
  columns: [],
  members: (request) => [
    ['id', request.id],
    ['at', request.createdAt],
    ['ending', request.ending],
    ['status', request.status],
    ['error code', request.errorCode],
    ['finish reason', request.finishReason],
    ['endpoint', request.endpoint],
    ['streamed', request.streamed ? 'yes' : 'no'],
    ['provider', request.provider],
    ['model', request.model],
    ['attempts', request.attempts],
    ['credential', request.credentialOwner],
    ['input tokens', request.inputTokens],
    ['cache read tokens', request.cacheReadInputTokens],
    ['cache write tokens', request.cacheWrite5mInputTokens + request.cacheWrite1hInputTokens],
    ['output tokens', request.outputTokens],
    ['reasoning tokens', request.reasoningTokens],
    ['billed units', request.billedUnits],
    ['usage', request.usageEstimated ? 'estimated' : 'as the provider reported it'],
    ['cost', formatUsd(request.costMicroUsd)],
    ['latency', `${request.latencyMs} ms`],
    ['first byte', `${request.firstByteMs} ms`],
    ['overhead', `${request.overheadMs} ms`],
    ['region', request.region],
    ['organization', request.organization],
    ['workspace', request.workspace],
    ['key', request.key],
    ['kept until', request.expiresAt],
  ],
};

/** Widths are fixed, because lines are written as they come: nobody knows the longest in advance. What varies most comes last. */
const columns = [
  { title: 'AT', width: 24, value: ({ createdAt }) => createdAt },
  { title: 'REQUEST', width: 30, value: ({ id }) => id },
  { title: 'STATUS', width: 6, value: ({ status }) => status, align: 'right' },
  { title: 'IN', width: 7, value: ({ inputTokens }) => inputTokens, align: 'right' },
  { title: 'OUT', width: 6, value: ({ outputTokens }) => outputTokens, align: 'right' },
  { title: 'COST', width: 12, value: ({ costMicroUsd }) => formatUsd(costMicroUsd), align: 'right' },
  { title: 'MS', width: 7, value: ({ latencyMs }) => Math.round(latencyMs), align: 'right' },
  { title: 'MODEL', width: 24, value: ({ provider, model }) => `${provider}/${model}` },
  { title: 'ENDING', width: 6, value: ({ ending, errorCode }) => errorCode ?? ending },
] as const satisfies readonly {
  title: string;
  width: number;
  value: (record: RequestRecord) => string | number;
  align?: 'right';
}[];

/** Titles of the lines below. */
export function requestTitles(style: Style): string {
  return style(lineOf(({ title }) => title));
}

/** One request in one line. */
export function requestLine(record: RequestRecord): string {
  return lineOf(({ value }) => String(value(record)));
}

function lineOf(textOf: (column: (typeof columns)[number]) => string): string {
  const cells = columns.map((column) => {
    const text = printable(textOf(column));
    return 'align' in column ? text.padStart(column.width) : text.padEnd(column.width);
  });
  return cells.join('  ').trimEnd();
}
