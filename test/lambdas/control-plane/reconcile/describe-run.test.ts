import { expect, it } from 'vitest';
import { describeRun } from '../../../../lambdas/control-plane/reconcile/describe-run.ts';
import type { EndpointReport } from '../../../../lambdas/store/control/endpoint-report.ts';

const startedAt = Date.parse('2026-11-22T10:00:00Z');

function report(region: string, changes: Partial<EndpointReport>): EndpointReport {
  const comparedAt = new Date(startedAt).toISOString();
  return { region, status: 'fresh', items: 10, missing: 0, stale: 0, foreign: 0, comparedAt, ...changes };
}

it('adds up the drift of all data planes, and counts those that could not be reached', () => {
  const endpoints = [
    report('eu-west-1', { status: 'repaired', missing: 1, stale: 2 }),
    report('us-west-2', { status: 'unreachable', foreign: 4 }),
    report('ap-south-1', {}),
  ];
  const meterDrifts = [{ region: 'eu-west-1', organization: 'o', driftMicroUsd: -3 }];

  const run = describeRun(
    { endpoints, meterDrifts, rotationsEnded: 5, metersSwept: 6, failures: 7 },
    startedAt,
    startedAt + 1200,
  );

  expect(run).toEqual({
    createdAt: '2026-11-22T10:00:00.000Z',
    latencyMs: 1200,
    dataPlanes: 3,
    unreachable: 1,
    policyDrift: 7,
    meterDrift: 1,
    rotationsEnded: 5,
    metersSwept: 6,
    failures: 7,
  });
});
