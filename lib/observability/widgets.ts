import { AlarmStatusWidget, GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IAlarm, IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch';

/** Widgets of both dashboards: three to a row, and numbers only; what a log line says stays in the log. */

const columns = 24;

/** A third of a row. */
export function graph(title: string, left: readonly IMetric[], right: readonly IMetric[] = []): IWidget {
  const startingAtZero = { min: 0 };
  return new GraphWidget({
    title,
    width: columns / 3,
    left: [...left],
    leftYAxis: startingAtZero,
    ...(right.length > 0 && { right: [...right], rightYAxis: startingAtZero }),
  });
}

/** A whole row with the state of every alarm. */
export function alarmStates(title: string, alarms: readonly IAlarm[]): IWidget {
  return new AlarmStatusWidget({ title, width: columns, height: 3, alarms: [...alarms] });
}
