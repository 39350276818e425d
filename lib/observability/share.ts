import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

export interface ShareProps {
  /** How many failed. */
  readonly failed: IMetric;
  /** Of how many. Measured whenever `failed` is, or there is no share. */
  readonly all: IMetric;
  /** Below this many there is no rate to speak of, and the share counts as 0. */
  readonly atLeast: number;
  readonly label: string;
}

/** Share in percent, over a minimum of requests: one failure at night is no outage. */
export function share({ failed, all, atLeast, label }: ShareProps): MathExpression {
  return new MathExpression({
    expression: `IF(all >= ${atLeast}, 100 * failed / all, 0)`,
    usingMetrics: { failed, all },
    label,
  });
}
