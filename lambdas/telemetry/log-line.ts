import type { Attributes } from './attributes.ts';
import { type Directives, directivesOf } from './embedded-metrics.ts';
import type { LogLine } from './logger.ts';
import { defaultServiceName, dimensions, metrics } from './metrics.ts';

/** A line as it is written. */
export interface DescribedLine {
  readonly members: Attributes;
  /** Members that are there for metrics only. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Absent where nothing is measured. */
  readonly directives?: Directives;
}

/** How each kind of line is described. */
export type LineKinds = {
  readonly [Type in LogLine['type']]: (line: Extract<LogLine, { type: Type }>) => DescribedLine;
};

export interface LineWriterOptions {
  /** The kinds of lines that are written beside faults: a bundle carries only those of its own. */
  readonly kinds: Partial<LineKinds>;
  /** Whether lines carry what CloudWatch makes metrics of. Elsewhere it would be noise. */
  readonly metrics: boolean;
  /** Whose metrics they are: `OTEL_SERVICE_NAME`, of which empty means unset. @default 'gatehouse' */
  readonly serviceName?: string | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Writes log lines as JSON, one per line, each member under its name of OpenTelemetry or of ours. */
export function createLineWriter(write: (text: string) => void, options: LineWriterOptions): (line: LogLine) => void {
  const kinds: Partial<LineKinds> = { fault: describeFaultLine, ...options.kinds };
  const service = JSON.stringify(options.serviceName || defaultServiceName);
  const measured = `,"${dimensions.service}":${service},"_aws":{"Timestamp":`;
  return (line) => {
    // TypeScript does not see that a line and the kind of its type belong together.
    const describe = kinds[line.type] as ((given: LogLine) => DescribedLine) | undefined;
    const { members, counts, directives } = describe?.(line) ?? { members: {} };
    const nowMs = options.now();
    const text = JSON.stringify({
      type: line.type,
      level: line.level,
      timestamp: line.type === 'fault' ? new Date(nowMs).toISOString() : line.createdAt,
      ...members,
      ...(options.metrics && counts),
    });
    // What is the same in every line is not written out anew; the directives are its longest part.
    write(
      options.metrics && directives !== undefined
        ? `${text.slice(0, -1)}${measured}${nowMs},"CloudWatchMetrics":${directives}}}\n`
        : `${text}\n`,
    );
  };
}

const faultDirectives = directivesOf('faults');

const describeFaultLine: LineKinds['fault'] = (line) => ({
  members: {
    [dimensions.fault]: line.kind,
    'error.type': line.error,
    'gatehouse.request.id': line.requestId,
    'gatehouse.fault.at': line.at,
  },
  counts: { [metrics.faults.name]: 1 },
  directives: faultDirectives,
});
