import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeploymentSettings } from '../../../lib/deployment-config.ts';
import { resourcesOf } from '../synthesize.ts';
import { alarmsOf, metricsOfAlarm, monitoredStacks } from './monitored-stacks.ts';

const everything = { proxy: { reservedConcurrentExecutions: 50 } } as const satisfies DeploymentSettings;
const whereSilenceIsTheFault = ['ReconcileStopped'];
const whereTheLastValueStays = ['ReconcileFailures', 'UsageRollupFailures'];

function allAlarms(settings: DeploymentSettings) {
  return monitoredStacks(settings).both.flatMap((template) => Object.entries(alarmsOf(template)));
}

/** The way a heading of Markdown is linked to. */
function anchors(path: string): string[] {
  const headings = readFileSync(path, 'utf8').match(/^#+ .+$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('alarms of both planes', () => {
  it('each say what happened and lead to a section that says what to do', () => {
    const known = anchors('docs/monitoring.md');

    const descriptions = allAlarms(everything).map(([, { AlarmDescription }]) => AlarmDescription);

    const parts = descriptions.map((text) => /^([A-Z].{20,}\.) What to do: docs\/monitoring\.md#([a-z-]+)$/.exec(text));
    expect(parts).not.toContain(null);
    expect(parts.map((part) => part?.[2]).filter((anchor) => !known.includes(anchor ?? ''))).toEqual([]);
  });

  it('have no section too many in the runbook', () => {
    const runbook = readFileSync('docs/monitoring.md', 'utf8');
    const [, section = ''] = runbook.split('\n## Alarms\n');
    const described = [...(section.split('\n## ')[0] ?? '').matchAll(/^### (.+)$/gm)].map(
      ([, heading = '']) => heading,
    );

    const ids = allAlarms(everything).map(([id]) => id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase());

    expect(described.map((heading) => heading.toLowerCase()).toSorted()).toEqual([...new Set(ids)].toSorted());
  });

  it('go to one topic of the home region, and say when it is over', () => {
    const { dataPlane, controlPlane } = monitoredStacks(everything);
    const [topicId] = Object.keys(resourcesOf(dataPlane, 'AWS::SNS::Topic'));

    const targets = [dataPlane, controlPlane].map((template) =>
      Object.values(alarmsOf(template)).flatMap(({ AlarmActions, OKActions }) => [AlarmActions, OKActions]),
    );

    expect(new Set(targets[0]?.map((target) => JSON.stringify(target)))).toEqual(
      new Set([JSON.stringify([{ Ref: topicId }])]),
    );
    expect(new Set(targets[1]?.map((target) => JSON.stringify(target))).size).toBe(1);
    expect(JSON.stringify(targets[1])).toContain(`"StackName":"Gatehouse-DataPlane-eu-west-1"`);
    expect(resourcesOf(controlPlane, 'AWS::SNS::Topic')).toEqual({});
  });

  it('go to an existing topic', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:operators';

    const alarms = allAlarms({ monitoring: { alarmTopicArn } });

    expect(new Set(alarms.flatMap(([, { AlarmActions, OKActions }]) => [AlarmActions, OKActions].flat()))).toEqual(
      new Set([alarmTopicArn]),
    );
  });

  it('ring for an error nobody foresaw in whichever plane it comes, since each hears of its own only', () => {
    const { both } = monitoredStacks(everything);

    const services = both.map(
      (template) =>
        alarmsOf(template)['UnexpectedErrors']?.Dimensions?.find(({ Name }) => Name === 'service.name')?.Value,
    );

    expect(services).toEqual(['Gatehouse-DataPlane-eu-west-1', 'Gatehouse-ControlPlane']);
  });

  it('do not ring while nobody calls, except where silence is the fault', () => {
    const alarms = allAlarms(everything);

    const treatments = Map.groupBy(alarms, ([, { TreatMissingData }]) => TreatMissingData);

    expect([...treatments.keys()].toSorted()).toEqual(['breaching', 'ignore', 'notBreaching']);
    expect(treatments.get('breaching')?.map(([id]) => id)).toEqual(whereSilenceIsTheFault);
    expect(
      treatments
        .get('ignore')
        ?.map(([id]) => id)
        .toSorted(),
    ).toEqual(whereTheLastValueStays);
  });

  it('cost by the month what the runbook says: each metric of each alarm is billed', () => {
    const runbook = readFileSync('docs/monitoring.md', 'utf8');

    const metrics = allAlarms({}).reduce((sum, [, alarm]) => sum + metricsOfAlarm(alarm).length, 0);

    expect(runbook).toContain(`${metrics} alarm metrics`);
    expect(runbook).toContain(`$${(metrics / 10).toFixed(2)} a month`);
  });

  it('are left out, with their topic, when they are not wanted', () => {
    const { both } = monitoredStacks({ monitoring: { alarms: false }, release: 'all-at-once' });

    const found = both.map((template) => [
      Object.keys(alarmsOf(template)),
      Object.keys(resourcesOf(template, 'AWS::SNS::Topic')),
    ]);

    expect(found).toEqual([
      [[], []],
      [[], []],
    ]);
  });
});

describe('DataPlaneAlarms', () => {
  it('take the failure of one request in the night for no outage', () => {
    const alarms = alarmsOf(monitoredStacks().dataPlane);

    const expressions = Object.entries(alarms).flatMap(([id, { Metrics = [] }]) =>
      Metrics.flatMap(({ Expression }) => (Expression === undefined ? [] : [[id, Expression]])),
    );

    expect(Object.fromEntries(expressions)).toEqual({
      GatewayErrors: 'IF(all >= 10, 100 * failed / all, 0)',
      ServerErrors: 'IF(all >= 5, 100 * failed / all, 0)',
      ProviderErrors: 'IF(all >= 20, 100 * failed / all, 0)',
    });
  });

  it('see the error rate within the five minutes of a canary', () => {
    const { dataPlane } = monitoredStacks();

    const alarms = alarmsOf(dataPlane);

    expect(alarms['GatewayErrors']).toMatchObject({
      Threshold: 2,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Metrics: [{}, { MetricStat: { Period: 60, Stat: 'Sum' } }, { MetricStat: { Period: 60, Stat: 'SampleCount' } }],
    });
  });

  it('watch concurrency at 80 % of what is set aside, and only where something is', () => {
    const withReserve = alarmsOf(monitoredStacks(everything).dataPlane);
    const without = alarmsOf(monitoredStacks().dataPlane);

    expect(withReserve['ProxyConcurrency']).toMatchObject({ MetricName: 'ConcurrentExecutions', Threshold: 40 });
    expect(without).not.toHaveProperty('ProxyConcurrency');
  });

  it('watch the origin check only where there is an edge', () => {
    const [withEdge, without] = [{}, { edge: 'none' } as const].map((settings) =>
      Object.keys(alarmsOf(monitoredStacks(settings).dataPlane)).filter((id) => id.startsWith('Origin')),
    );

    expect(withEdge).toEqual(['OriginRefusals', 'OriginSecretUnavailable']);
    expect(without).toEqual([]);
  });

  it('watch API Gateway only where there is one', () => {
    const { dataPlane } = monitoredStacks({ origin: 'function-url' });

    const alarms = alarmsOf(dataPlane);

    expect(alarms).not.toHaveProperty('ServerErrors');
    expect(alarms).toHaveProperty('GatewayErrors');
    expect(JSON.stringify(dataPlane.toJSON())).not.toContain('AWS/ApiGateway');
  });
});

describe('ControlPlaneAlarms', () => {
  it.each([
    [1, 60],
    [15, 900],
    [1440, 86_400],
  ])('ring after three missed runs every %i minutes', (reconcileMinutes, seconds) => {
    const { controlPlane } = monitoredStacks({ controlPlane: { reconcileMinutes } });

    const alarms = alarmsOf(controlPlane);

    expect(alarms['ReconcileStopped']).toMatchObject({
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanOrEqualToThreshold',
      Threshold: 0,
      Period: seconds,
      EvaluationPeriods: 3,
    });
  });

  it('forgive one run its drift in policy, which it mends, and none a drift of money', () => {
    const alarms = alarmsOf(monitoredStacks().controlPlane);

    expect(alarms['PolicyDrift']).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 1 });
    expect(alarms['MeterDrift']).toMatchObject({ EvaluationPeriods: 1, Threshold: 1 });
  });
});
