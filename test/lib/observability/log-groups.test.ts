import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { DeploymentSettings } from '../../../lib/deployment-config.ts';
import { everyControlPlaneSetting } from '../control-plane/every-setting.ts';
import { resourcesOf } from '../synthesize.ts';
import { monitoredStacks } from './monitored-stacks.ts';

const variants: [string, DeploymentSettings][] = [
  ['the default', {}],
  ['no edge', { edge: 'none' }],
  ['a function URL', { origin: 'function-url' }],
  ['every setting of the control plane', { regions: ['us-east-1'], controlPlane: everyControlPlaneSetting }],
  [
    'traces, no alarms and no gradual release',
    { release: 'all-at-once', monitoring: { alarms: false, traces: 'xray' } },
  ],
];

/** Log groups a template holds, and those its functions and stages write to: the same, or a group is nobody's. */
function logGroups(template: Template): { managed: string[]; written: string[] } {
  const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function'));
  const stages = Object.values(resourcesOf(template, 'AWS::ApiGateway::Stage'));
  const destinations = [
    ...functions.map(({ Properties }) => (Properties['LoggingConfig'] as { LogGroup?: unknown } | undefined)?.LogGroup),
    ...stages.map(
      ({ Properties }) => (Properties['AccessLogSetting'] as { DestinationArn?: unknown } | undefined)?.DestinationArn,
    ),
  ];
  const managed = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup'));
  const written = destinations.map((destination) => {
    const text = JSON.stringify(destination ?? 'a group of its own');
    return managed.find((id) => text.includes(`"${id}"`)) ?? text;
  });
  return { managed, written };
}

describe('log groups', () => {
  it.each(variants)('end, and are all that functions and APIs write to: %s', (_variant, settings) => {
    const { both } = monitoredStacks(settings);

    const groups = both.flatMap((template) => Object.values(resourcesOf(template, 'AWS::Logs::LogGroup')));
    const places = both.map(logGroups);

    expect(groups.filter(({ Properties }) => !(Number(Properties['RetentionInDays']) > 0))).toEqual([]);
    for (const { managed, written } of places) expect(written.toSorted()).toEqual(managed.toSorted());
  });

  it.each(variants)('take no execution log of API Gateway, whose group has no end: %s', (_variant, settings) => {
    const { both } = monitoredStacks(settings);

    const levels = both
      .flatMap((template) => Object.values(resourcesOf(template, 'AWS::ApiGateway::Stage')))
      .flatMap(({ Properties }) => (Properties['MethodSettings'] as { LoggingLevel?: string }[] | undefined) ?? [])
      .map(({ LoggingLevel = 'OFF' }) => LoggingLevel);

    expect(new Set(levels)).toEqual(new Set(['OFF']));
  });

  it('end when the setting says so', () => {
    const { both } = monitoredStacks({ logRetentionDays: 7 });

    const days = both.flatMap((template) =>
      Object.values(resourcesOf(template, 'AWS::Logs::LogGroup')).map(
        ({ Properties }) => Properties['RetentionInDays'],
      ),
    );

    expect(new Set(days)).toEqual(new Set([7]));
  });
});
