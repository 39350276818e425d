import * as z from 'zod';
import type { RequestRecord } from '../../store/request-record.ts';
import { id, listOf, page, timestamp } from './fields.ts';
import type { Operation } from './operation.ts';

const count = z.int().min(0);

/** The closed list of `lambdas/store/request-record.ts`: what there is no name for here is not stored anywhere. */
export const requestRecord = z
  .strictObject({
    id: z.string(),
    createdAt: timestamp,
    organization: z.string(),
    workspace: z.string(),
    key: z.string(),
    region: z.string(),
    endpoint: z.string(),
    provider: z.string(),
    model: z.string(),
    streamed: z.boolean(),
    ending: z.enum([
      'completed',
      'provider-refused',
      'provider-failed',
      'provider-failed-midstream',
      'caller-gone',
      'timed-out',
      'gateway-failed',
    ]),
    status: z.int(),
    errorCode: z.string().exactOptional(),
    finishReason: z.string().exactOptional(),
    inputTokens: count,
    cacheReadInputTokens: count,
    cacheWrite5mInputTokens: count,
    cacheWrite1hInputTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    billedUnits: count.exactOptional(),
    usageEstimated: z.boolean(),
    costMicroUsd: count,
    credentialOwner: z.enum(['workspace', 'platform']).exactOptional(),
    credentialVersion: count.exactOptional(),
    attempts: count,
    latencyMs: z.number(),
    firstByteMs: z.number(),
    overheadMs: z.number(),
    keyPolicyVersion: count,
    workspacePolicyVersion: count,
    expiresAt: timestamp,
  })
  .meta({ id: 'Request', description: 'Metadata of one request; there is no prompt and no answer anywhere.' });

type Described = Omit<z.output<typeof requestRecord>, 'expiresAt'>;
type Stored = Omit<RequestRecord, 'expiresAt'>;
// A compile error here means that schema and stored record have drifted apart.
true satisfies Described extends Stored ? (Stored extends Described ? true : never) : never;

const filters = {
  from: timestamp.exactOptional().meta({ description: 'Not before. Default: as long as records are kept.' }),
  to: timestamp.exactOptional().meta({ description: 'Before. Default: now.' }),
  workspace: id.exactOptional(),
  key: id.exactOptional(),
  provider: z.string().max(256).exactOptional(),
  model: z.string().max(256).exactOptional(),
  status: z.coerce.number().int().min(100).max(599).exactOptional(),
  ending: requestRecord.shape.ending.exactOptional(),
  errorCode: z.string().max(64).exactOptional(),
};

const tag = 'Requests and usage';

export const requestOperations = {
  listRequests: {
    method: 'GET',
    path: '/organizations/{organization}/requests',
    tag,
    summary: 'List requests, newest first',
    scope: 'organization',
    permission: 'requests:read',
    query: z.strictObject({ ...filters, ...page }),
    status: 200,
    response: listOf(requestRecord),
  },
  getRequest: {
    method: 'GET',
    path: '/requests/{request}',
    tag,
    summary: 'Get one request by the id in its `x-request-id`',
    description: 'Looked for in the organizations whose requests you may read; with `organization`, only in that one.',
    scope: 'signed-in',
    permission: 'organizations:list',
    query: z.strictObject({ organization: id.exactOptional() }),
    status: 200,
    response: requestRecord,
  },
} as const satisfies Record<string, Operation>;
