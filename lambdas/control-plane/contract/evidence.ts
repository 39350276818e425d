import * as z from 'zod';
import { listOf, page, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const modelCheck = z
  .strictObject({
    model: z.string(),
    checkedAt: timestamp,
    result: z.string(),
    latencyMs: z.number().exactOptional(),
  })
  .meta({ id: 'ModelCheck' });

const dataPlaneEndpoint = z
  .strictObject({
    region: z.string(),
    url: z.string().exactOptional(),
    policy: z
      .strictObject({
        status: z.enum(['fresh', 'repaired', 'unreachable', 'unknown']).meta({
          description:
            '`fresh`: nothing was out of place when last compared. `repaired`: something was, and was mended. `unreachable`: it could not be compared. `unknown`: not compared yet.',
        }),
        items: z.int().min(0),
        missing: z.int().min(0),
        stale: z.int().min(0),
        foreign: z.int().min(0),
        comparedAt: timestamp.nullable(),
      })
      .meta({ description: 'What the last comparison of published policy with the control plane found.' }),
  })
  .meta({ id: 'Endpoint' });

export const evidenceOperations = {
  listModelChecks: {
    method: 'GET',
    path: '/model-checks',
    tag: 'Evidence',
    summary: 'List model checks of one model, newest first',
    scope: 'signed-in',
    permission: 'model-checks:read',
    query: z.strictObject({
      ...page,
      model: z.string().min(3).max(320).meta({ description: '`provider/model`.', example: 'openai/gpt-5-mini' }),
    }),
    status: 200,
    response: listOf(modelCheck),
  },
  listEndpoints: {
    method: 'GET',
    path: '/endpoints',
    tag: 'Evidence',
    summary: 'List data planes and how fresh their policy is',
    scope: 'platform',
    permission: 'endpoints:read',
    query: z.strictObject(page),
    status: 200,
    response: listOf(dataPlaneEndpoint),
  },
} as const satisfies Record<string, Operation>;
