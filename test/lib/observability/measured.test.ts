import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { controlPlaneLines } from '../../../lambdas/telemetry/control-plane-lines.ts';
import { dataPlaneLines } from '../../../lambdas/telemetry/data-plane-lines.ts';
import { createLineWriter } from '../../../lambdas/telemetry/log-line.ts';
import { createLogger, type Fault } from '../../../lambdas/telemetry/logger.ts';
import { metricNamespace } from '../../../lambdas/telemetry/metrics.ts';
import type { AlarmedFault } from '../../../lib/observability/measured.ts';
import { noon, recordOf } from '../../fixtures/usage.ts';
import { extractMetrics } from '../../lambdas/telemetry/embedded-metric-format.ts';
import { onlyResource, resourcesOf } from '../synthesize.ts';
import { alarmsOf, metricsOfAlarm, monitoredStacks } from './monitored-stacks.ts';

/** Every metric by the dimensions it is written with, from one line of each kind. */
function emittedMetrics(): Set<string> {
  const lines: string[] = [];
  const write = createLineWriter((text) => lines.push(text), {
    kinds: { ...dataPlaneLines, ...controlPlaneLines },
    metrics: true,
    now: () => noon,
  });
  const logger = createLogger(write);
  const at = new Date(noon).toISOString();
  const refusal = { id: 'req_1', createdAt: at, endpoint: 'unknown', latencyMs: 1 };
  logger.request(recordOf(), { traceId: '1'.repeat(32), spanId: '1'.repeat(16) });
  logger.refused({ ...refusal, status: 503, errorCode: 'store_unavailable' });
  logger.refused({ ...refusal, status: 403, errorCode: 'origin_not_verified' });
  logger.fault({ kind: 'settlement-failed', error: 'Error' });
  const counts = { dataPlanes: 1, unreachable: 0, rotationsEnded: 0, metersSwept: 0, failures: 0 };
  logger.reconciled({ createdAt: at, latencyMs: 1, policyDrift: 0, meterDrift: 0, ...counts });
  return new Set(lines.flatMap(extractMetrics).map(({ name, dimensions }) => described(name, Object.keys(dimensions))));
}

function described(name: string, dimensions: readonly string[]): string {
  return [name, ...dimensions.toSorted()].join(' by ');
}

function metricsOfAlarms(template: Template): string[] {
  return Object.values(alarmsOf(template))
    .flatMap(metricsOfAlarm)
    .filter(({ Namespace }) => Namespace === metricNamespace)
    .map(({ MetricName, Dimensions = [] }) =>
      described(
        MetricName,
        Dimensions.map(({ Name }) => Name),
      ),
    );
}

const dashboardBody = z.object({
  widgets: z.array(
    z.object({ type: z.string(), properties: z.object({ metrics: z.array(z.array(z.unknown())).optional() }) }),
  ),
});

function widgetsOf(template: Template) {
  const { DashboardBody } = onlyResource(template, 'AWS::CloudWatch::Dashboard').Properties;
  const parts = (DashboardBody as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'resolved')).join('');
  return dashboardBody.parse(JSON.parse(text)).widgets;
}

/** What a line of a widget searches for: metrics of that name with exactly those dimensions, and the value that one of them has. */
function searchIn(part: unknown) {
  const text = JSON.stringify(part ?? '').replaceAll('\\"', '"');
  const found = /SEARCH\('\{"Gatehouse",([^}]+)\} MetricName="([^"]+)" "([^"]+)"', '/.exec(text);
  if (found === null) return undefined;
  const [, names = '', name = '', value = ''] = found;
  return { name, dimensions: names.replaceAll('"', '').split(','), value };
}

const linesOfDashboard = (template: Template) =>
  widgetsOf(template).flatMap(({ properties }) => properties.metrics ?? []);

/** A line of a widget is `[namespace, name, dimension, value, ..., options]`, or options with an expression. */
function metricsOfDashboard(template: Template): string[] {
  return linesOfDashboard(template).flatMap((line) => {
    const [first, name, ...rest] = line;
    if (first === metricNamespace) {
      const dimensions = rest.filter((part, place): part is string => typeof part === 'string' && place % 2 === 0);
      return [described(String(name), dimensions)];
    }
    const search = searchIn(first);
    return search === undefined ? [] : [described(search.name, search.dimensions)];
  });
}

/** The names by which alarms and the dashboard of a stack ask for metrics of ours. */
function servicesAsked(template: Template): string[] {
  const ofAlarms = Object.values(alarmsOf(template))
    .flatMap(metricsOfAlarm)
    .filter(({ Namespace }) => Namespace === metricNamespace)
    .map(({ Dimensions = [] }) => String(Dimensions.find(({ Name }) => Name === 'service.name')?.Value));
  const ofDashboard = linesOfDashboard(template).flatMap((line) => {
    const searched = searchIn(line[0])?.value;
    if (searched !== undefined) return [searched];
    return line[0] === metricNamespace ? [String(line[line.indexOf('service.name') + 1])] : [];
  });
  return [...ofAlarms, ...ofDashboard];
}

function servicesGiven(template: Template): string[] {
  return Object.values(resourcesOf(template, 'AWS::Lambda::Function')).flatMap(({ Properties }) => {
    const { Variables } = Properties['Environment'] as { Variables: Record<string, string> };
    return Variables['OTEL_SERVICE_NAME'] ?? [];
  });
}

describe('metrics of our own', () => {
  const emitted = emittedMetrics();

  it('that an alarm looks at are written, with those dimensions', () => {
    const looked = monitoredStacks().both.flatMap(metricsOfAlarms);

    const never = looked.filter((metric) => !emitted.has(metric));

    expect(looked.length).toBeGreaterThan(10);
    expect(never).toEqual([]);
  });

  it('that a dashboard shows are written, with those dimensions', () => {
    const shown = monitoredStacks().both.flatMap(metricsOfDashboard);

    const never = shown.filter((metric) => !emitted.has(metric));

    expect(new Set(shown).size).toBeGreaterThan(10);
    expect(shown).toContain('gatehouse.provider_errors by gen_ai.provider.name by service.name');
    expect(never).toEqual([]);
  });

  it('are those of the functions of the same stack, and of no other deployment in the account', () => {
    const [first, second] = [monitoredStacks(), monitoredStacks({}, 'Second')].map(({ both }) =>
      both.map((template) => ({
        asked: [...new Set(servicesAsked(template))],
        given: [...new Set(servicesGiven(template))],
      })),
    );

    const named = (name: string) => ({ asked: [name], given: [name] });
    expect(first).toEqual([named('Gatehouse-DataPlane-eu-west-1'), named('Gatehouse-ControlPlane')]);
    expect(second).toEqual([named('Second-DataPlane-eu-west-1'), named('Second-ControlPlane')]);
  });

  it('are each on a dashboard', () => {
    const shown = new Set(
      monitoredStacks()
        .both.flatMap(metricsOfDashboard)
        .map((metric) => metric.split(' by ')[0]),
    );

    const hidden = [...emitted].filter((metric) => !shown.has(metric.split(' by ')[0]));

    expect(hidden).toEqual([]);
  });

  it('count faults of kinds there are', () => {
    const kinds: Record<AlarmedFault, Fault['kind']> = {
      'settlement-failed': 'settlement-failed',
      'unexpected-error': 'unexpected-error',
      'store-failed': 'store-failed',
      'key-service-failed': 'key-service-failed',
      'origin-secret-unavailable': 'origin-secret-unavailable',
    };

    const counted = Object.values(alarmsOf(monitoredStacks().dataPlane))
      .flatMap(metricsOfAlarm)
      .filter(({ MetricName }) => MetricName === 'gatehouse.faults')
      .map(({ Dimensions = [] }) => String(Dimensions.find(({ Name }) => Name === 'gatehouse.fault.kind')?.Value));

    expect(counted.toSorted()).toEqual(Object.values(kinds).toSorted());
  });
});

describe('dashboards', () => {
  it('show numbers and states of alarms, and no line of a log', () => {
    const widgets = monitoredStacks().both.flatMap(widgetsOf);

    const types = new Set(widgets.map(({ type }) => type));

    expect(types).toEqual(new Set(['alarm', 'metric']));
  });

  it('begin with the alarms, where there are any', () => {
    const first = [true, false].map(
      (alarms) => widgetsOf(monitoredStacks({ monitoring: { alarms } }).dataPlane)[0]?.type,
    );

    expect(first).toEqual(['alarm', 'metric']);
  });

  it('are left out when they are not wanted', () => {
    const { both } = monitoredStacks({ monitoring: { dashboard: false } });

    for (const template of both) template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});
