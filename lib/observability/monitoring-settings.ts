import * as z from 'zod';

const collector = z
  .url({ protocol: /^https?$/, error: 'must be a URL' })
  .refine(
    (url) => !/[?#@]/.test(url),
    'must be host and path only: it is in the environment of the function, which is no place for a password, and nothing behind the path is sent',
  );

/** What an operator decides about alarms and dashboards at deploy time; `lib/deployment-config.ts` has the rest. */
export const monitoringSettings = z
  .strictObject({
    /** $0.10 a month for each metric that an alarm looks at: docs/monitoring.md has the sum. */
    alarms: z.boolean().default(true),
    /** Topic that alarms go to, in the deployment's one region. Without it each region gets one of its own. */
    alarmTopicArn: z
      .string()
      .regex(/^arn:[^:]+:sns:[^:]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'must be the ARN of a standard SNS topic')
      .exactOptional(),
    alarmEmails: z
      .array(z.email('must be an e-mail address'))
      .refine((emails) => new Set(emails).size === emails.length, 'must not name an address twice')
      .default([]),
    /** One for each plane and region; $3 a month each beyond the account's first three. */
    dashboard: z.boolean().default(true),
    /** Where spans of requests go: nowhere, to AWS X-Ray, or to a collector that takes OTLP over HTTP. */
    traces: z.union([z.enum(['none', 'xray']), z.strictObject({ endpoint: collector })]).default('none'),
  })
  .refine(({ alarms, alarmTopicArn, alarmEmails }) => alarms || (alarmTopicArn === undefined && !alarmEmails.length), {
    path: ['alarms'],
    message: 'must not be false with a topic or addresses for alarms',
  });

/** Whether spans would cross a network that others read: who calls which model, and what it costs. */
export function sendsTracesInTheClear({ traces }: MonitoringConfig): boolean {
  if (typeof traces === 'string') return false;
  const { protocol, hostname } = new URL(traces.endpoint);
  // An extension of the function itself, such as a collector in a layer.
  return protocol === 'http:' && !/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

export type MonitoringConfig = z.infer<typeof monitoringSettings>;
