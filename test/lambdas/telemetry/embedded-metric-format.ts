import * as z from 'zod';

/**
 * What CloudWatch demands of a line that carries metrics: the part of the specification's JSON schema that is about structure, and
 * its rules on targets, which a schema cannot say.
 *
 * The specification allows an empty dimension set. Every metric of ours has its service, so that here none may be.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const directive = z.strictObject({
  Namespace: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\w.\-/#:]+$/),
  Dimensions: z.array(z.array(z.string().min(1).max(250)).min(1).max(30)).min(1),
  Metrics: z
    .array(
      z.strictObject({
        Name: z.string().min(1).max(1024),
        Unit: z.enum(['Seconds', 'Microseconds', 'Milliseconds', 'Bytes', 'Percent', 'Count', 'None']),
      }),
    )
    .min(1)
    .max(100),
});

const embeddedMetricFormat = z.looseObject({
  _aws: z.strictObject({ Timestamp: z.int().positive(), CloudWatchMetrics: z.array(directive).min(1) }),
});

/** One value of one metric, as CloudWatch stores it. */
export interface Datum {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** By name; of a metric over all the service only. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What CloudWatch makes of a line. @throws where the line breaks the format. */
export function extractMetrics(text: string): Datum[] {
  const line = embeddedMetricFormat.parse(JSON.parse(text));
  return line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Dimensions.flatMap((set) => Metrics.map((metric) => toDatum(line, set, metric))),
  );
}

function toDatum(line: Record<string, unknown>, set: readonly string[], metric: { Name: string; Unit: string }): Datum {
  const dimensions = Object.fromEntries(set.map((name) => [name, z.string().min(1).max(1024).parse(line[name])]));
  return { name: metric.Name, unit: metric.Unit, value: z.number().parse(line[metric.Name]), dimensions };
}
