import * as z from 'zod';
import type { Resource, Stack } from './assembly.ts';
import type { Charge, Quantity } from './charge.ts';
import { memoryOfFunction } from './references.ts';

/** What one resource costs a month while nobody calls, from its properties. Each throws on a property whose price it does not know. */

/** As AWS's own calculator has it. */
const hoursPerMonth = 730;
const minutesPerMonth = hoursPerMonth * 60;

/** How long a run of the reconcile function takes in a small installation, and what it reads. It reads more as there are more keys. */
const secondsPerRun = 3;
const readsPerRun = 25;

/** Metrics that every run writes, whether it found something or not (`lambdas/telemetry/metrics.ts`: drift of policy and of meters). */
const metricsPerSchedule = 2;

const alarmSchema = z.object({
  Period: z.int().optional(),
  Metrics: z
    .array(
      z.object({
        Expression: z
          .string()
          .regex(/^(?!.*(SELECT|SEARCH|ANOMALY_DETECTION_BAND))/, 'is priced by what it matches')
          .optional(),
        MetricStat: z.object({ Period: z.int() }).optional(),
      }),
    )
    .optional(),
});

/** Every metric of an expression counts as an alarm of its own. */
export function alarmCharges({ Properties }: Resource): Charge[] {
  const { Period, Metrics } = alarmSchema.parse(Properties);
  const periods = Metrics?.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Period])) ?? [
    Period ?? 60,
  ];
  const isFast = periods.some((period) => period < 60);
  return [
    {
      group: 'alarms',
      quantities: [{ count: periods.length, unit: ['metric', 'metrics'] }],
      price: isFast ? 'fastAlarmMetric' : 'alarmMetric',
    },
  ];
}

/** A managed rule group counts as one rule; the groups we use have no fee of their own. */
const webAclSchema = z.object({
  Rules: z
    .array(
      z.object({
        Statement: z.object({
          ManagedRuleGroupStatement: z
            .object({
              VendorName: z.literal('AWS'),
              Name: z.string().regex(/^(?!.*(BotControl|ATP|ACFP|AntiDDoS))/, 'has a fee of its own'),
            })
            .optional(),
        }),
      }),
    )
    .default([]),
});

export function webAclCharges({ Properties }: Resource): Charge[] {
  const { Rules } = webAclSchema.parse(Properties);
  const charge = (count: number, unit: Quantity['unit'], price: Charge['price']): Charge => ({
    group: 'web ACLs',
    quantities: [{ count, unit }],
    price,
  });
  return [charge(1, ['web ACL', 'web ACLs'], 'webAcl'), charge(Rules.length, ['rule', 'rules'], 'webAclRule')];
}

const aliasSchema = z.object({
  FunctionVersion: z.unknown(),
  ProvisionedConcurrencyConfig: z.object({ ProvisionedConcurrentExecutions: z.int() }).optional(),
});

export function aliasCharges({ Properties }: Resource, stack: Stack): Charge[] {
  const { FunctionVersion, ProvisionedConcurrencyConfig } = aliasSchema.parse(Properties);
  if (ProvisionedConcurrencyConfig === undefined) return [];
  const { ProvisionedConcurrentExecutions: count } = ProvisionedConcurrencyConfig;
  return [
    {
      group: 'provisioned concurrency',
      quantities: [
        { count, unit: ['environment', 'environments'] },
        { count: hoursPerMonth * 3600, unit: ['s', 's'] },
        gigabytes(memoryOfFunction(stack, Properties['FunctionName'] ?? FunctionVersion)),
      ],
      price: 'provisionedGigabyteSecond',
    },
  ];
}

const scheduleSchema = z.object({
  ScheduleExpression: z.string(),
  Target: z.object({ Arn: z.unknown() }),
});

export function scheduleCharges({ Properties }: Resource, stack: Stack): Charge[] {
  const { ScheduleExpression, Target } = scheduleSchema.parse(Properties);
  const runs: Quantity = {
    count: Math.ceil(minutesPerMonth / minutesBetween(ScheduleExpression)),
    unit: ['run', 'runs'],
  };
  const memory = gigabytes(memoryOfFunction(stack, Target.Arn));
  const perRun = (group: string, price: Charge['price'], ...others: Quantity[]): Charge => ({
    group: `scheduled runs: ${group}`,
    quantities: [runs, ...others],
    price,
  });
  return [
    perRun('duration', 'lambdaGigabyteSecond', { count: secondsPerRun, unit: ['s', 's'] }, memory),
    perRun('requests', 'lambdaRequest'),
    perRun('schedule', 'scheduledRun'),
    perRun('reads', 'tableRead', { count: readsPerRun, unit: ['read', 'reads'] }),
    {
      group: 'custom metrics of those runs',
      quantities: [{ count: metricsPerSchedule, unit: ['metric', 'metrics'] }],
      price: 'customMetric',
    },
  ];
}

/** On demand a table costs nothing idle, and no other mode is priced here. */
export function tableCharges({ Properties }: Resource): Charge[] {
  z.object({ BillingMode: z.literal('PAY_PER_REQUEST') }).parse(Properties);
  return [];
}

/** A cache would be paid by the hour. */
export function restStage({ Properties }: Resource): void {
  z.object({ CacheClusterEnabled: z.literal(false).optional() }).parse(Properties);
}

export function gigabytes(megabytes: number): Quantity {
  return { count: megabytes, divisor: 1024, unit: ['GB', 'GB'] };
}

function minutesBetween(expression: string): number {
  const [, number, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1440 }[unit];
  if (minutes === undefined) throw new Error(`the price of the schedule ${expression} is not known`);
  return Number(number) * minutes;
}
