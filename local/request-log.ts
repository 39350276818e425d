import { styleText } from 'node:util';
import type { LogLine } from '../lambdas/telemetry/logger.ts';

/** One log line for a person: when, how it went, what it was, what it cost, how long it took. */
export function formatLogLine(line: LogLine): string {
  switch (line.type) {
    case 'request': {
      const cached = line.cacheReadInputTokens + line.cacheWrite5mInputTokens + line.cacheWrite1hInputTokens;
      const tokens = `${line.inputTokens + cached}→${line.outputTokens} tokens${line.usageEstimated ? ' (estimated)' : ''}`;
      const cost = `$${(line.costMicroUsd / 1_000_000).toFixed(6)}`;
      const time = `${line.latencyMs} ms, first byte ${line.firstByteMs}, overhead ${line.overheadMs}`;
      const what = `${line.provider}/${line.model}`;
      const how = line.ending === 'completed' ? (line.finishReason ?? 'done') : (line.errorCode ?? line.ending);
      return [
        clock(line.createdAt),
        status(line.status, line.ending === 'completed'),
        what,
        how,
        tokens,
        cost,
        time,
        dim(line.id),
      ].join('  ');
    }
    case 'refused':
      return [
        clock(line.createdAt),
        status(line.status, false),
        line.endpoint,
        line.errorCode,
        `${Math.round(line.latencyMs)} ms`,
        dim(line.id),
      ].join('  ');
    case 'admin':
      return [
        clock(line.createdAt),
        status(line.status, line.status < 400),
        line.operation,
        `${Math.round(line.latencyMs)} ms`,
        dim(line.id),
      ].join('  ');
    case 'reconciled':
      return [clock(line.createdAt), 'reconciled', `drift ${line.policyDrift}`, `${line.latencyMs} ms`].join('  ');
    case 'drift': {
      const amount = `${line.driftMicroUsd} micro-USD`;
      return [clock(line.createdAt), styleText('red', 'meter drift'), line.organization, line.region, amount].join(
        '  ',
      );
    }
    case 'fault':
      return [styleText('red', 'fault'), line.kind, line.error, line.requestId ?? '', ...(line.at ?? [])].join('  ');
  }
}

function clock(iso: string): string {
  return dim(iso.slice(11, 23));
}

function status(code: number, good: boolean): string {
  return styleText(good ? 'green' : code < 500 ? 'yellow' : 'red', String(code));
}

function dim(text: string): string {
  return styleText('dim', text);
}
