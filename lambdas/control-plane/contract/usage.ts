import * as z from 'zod';
import { day } from './fields.ts';
import type { Operation } from './operation.ts';

export const usageDimensions = ['day', 'workspace', 'key', 'provider', 'model'] as const;
export type UsageDimension = (typeof usageDimensions)[number];

const count = z.int().min(0);

const sums = {
  requests: count,
  failedRequests: count.meta({ description: 'Answered with a status of 400 or above.' }),
  estimatedRequests: count.meta({ description: 'The provider sent no usage; Gatehouse estimated it.' }),
  inputTokens: count,
  cacheReadInputTokens: count,
  cacheWrite5mInputTokens: count,
  cacheWrite1hInputTokens: count,
  outputTokens: count,
  reasoningTokens: count,
  costMicroUsd: count,
};

const groupBy = z
  .string()
  .default('day')
  .transform((text) => (text === '' ? [] : text.split(',').map((name) => name.trim())))
  .pipe(z.array(z.enum(usageDimensions)))
  .meta({
    description: `Comma-separated, any of ${usageDimensions.join(', ')}; empty for one sum of everything.`,
    example: 'day,model',
  });

const usageReport = z
  .strictObject({
    from: day,
    to: day,
    groupBy: z.array(z.enum(usageDimensions)),
    data: z.array(
      z
        .strictObject({
          day: day.exactOptional(),
          workspace: z.string().exactOptional(),
          key: z.string().exactOptional(),
          provider: z.string().exactOptional(),
          model: z.string().exactOptional(),
          ...sums,
        })
        .meta({ id: 'UsageGroup' }),
    ),
    total: z.strictObject(sums).meta({ id: 'UsageSums' }),
  })
  .meta({ id: 'Usage', description: 'Sums of request records; they stay when the records’ retention is over.' });

export const usageOperations = {
  getUsage: {
    method: 'GET',
    path: '/organizations/{organization}/usage',
    tag: 'Requests and usage',
    summary: 'Sum requests, tokens and cost',
    scope: 'organization',
    permission: 'usage:read',
    query: z.strictObject({
      from: day.exactOptional().meta({ description: 'First UTC day. Default: the first of the month of `to`.' }),
      to: day.exactOptional().meta({ description: 'Last UTC day, included. Default: today. At most 366 days in all.' }),
      groupBy,
    }),
    status: 200,
    response: usageReport,
  },
} as const satisfies Record<string, Operation>;
