import type { ReconcileRun } from '../../telemetry/logger.ts';
import type { ReconcileReport } from './reconcile.ts';

/** A run as it is logged and measured. */
export function describeRun(report: ReconcileReport, startedAt: number, endedAt: number): ReconcileRun {
  const { endpoints, meterDrifts, rotationsEnded, metersSwept, failures } = report;
  return {
    createdAt: new Date(startedAt).toISOString(),
    latencyMs: endedAt - startedAt,
    dataPlanes: endpoints.length,
    unreachable: endpoints.filter(({ status }) => status === 'unreachable').length,
    policyDrift: endpoints.reduce((sum, { missing, stale, foreign }) => sum + missing + stale + foreign, 0),
    meterDrift: meterDrifts.length,
    rotationsEnded,
    metersSwept,
    failures,
  };
}
