import { answerAttributes, type Attributes, modelAttributes, requestAttributes } from './attributes.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import type { LogLine } from './logger.ts';
import { dimensions, metrics } from './metrics.ts';

export interface LineWriterOptions {
  /** Whether lines carry what CloudWatch makes metrics of. Elsewhere it would be noise. */
  readonly metrics: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Writes log lines as JSON, one per line, each member under its name of `attributes.ts` or of this file. */
export function createLineWriter(write: (text: string) => void, options: LineWriterOptions): (line: LogLine) => void {
  return (line) => {
    const nowMs = options.now();
    const measured = options.metrics ? embeddedMetrics(line) : undefined;
    const text = JSON.stringify({
      type: line.type,
      level: line.level,
      timestamp: line.type === 'fault' ? new Date(nowMs).toISOString() : line.createdAt,
      ...membersOf(line),
      ...measured?.values,
    });
    // The directives are the longest part and always the same: they are not written out anew.
    const metadata = measured && `,"_aws":{"Timestamp":${nowMs},"CloudWatchMetrics":${measured.directives}}}`;
    write(metadata === undefined ? `${text}\n` : `${text.slice(0, -1)}${metadata}\n`);
  };
}

function membersOf(line: LogLine): Attributes {
  switch (line.type) {
    case 'request':
      return {
        trace_id: line.traceId,
        span_id: line.spanId,
        ...requestAttributes(line),
        ...modelAttributes(line, line.provider, line.model),
        ...answerAttributes(line),
        [metrics.duration.name]: line.latencyMs / 1000,
        [metrics.firstByte.name]: line.firstByteMs / 1000,
      };
    case 'refused':
      return {
        trace_id: line.traceId,
        span_id: line.spanId,
        'http.route': line.endpoint,
        'http.response.status_code': line.status,
        'error.type': line.errorCode,
        'http.server.request.duration': line.latencyMs / 1000,
        'gatehouse.request.id': line.id,
        'gatehouse.organization.id': line.organization,
        'gatehouse.workspace.id': line.workspace,
        'gatehouse.key.id': line.key,
      };
    case 'admin':
      return {
        'http.response.status_code': line.status,
        'http.server.request.duration': line.latencyMs / 1000,
        'gatehouse.request.id': line.id,
        'gatehouse.admin.operation': line.operation,
      };
    case 'reconciled':
      return {
        [metrics.policyDrift.name]: line.policyDrift,
        [metrics.meterDrift.name]: line.meterDrift,
        'gatehouse.reconcile.duration': line.latencyMs / 1000,
        'gatehouse.reconcile.data_planes': line.dataPlanes,
        'gatehouse.reconcile.unreachable': line.unreachable,
        'gatehouse.reconcile.rotations_ended': line.rotationsEnded,
        'gatehouse.reconcile.meters_swept': line.metersSwept,
        'gatehouse.reconcile.failures': line.failures,
      };
    case 'fault':
      return {
        [dimensions.fault]: line.kind,
        'error.type': line.error,
        'gatehouse.request.id': line.requestId,
        'gatehouse.fault.at': line.at,
      };
  }
}
