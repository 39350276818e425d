import { CallerError } from '../http/gateway-error.ts';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.ts';
import { jsonResponse } from '../http/json-response.ts';
import { requestIdTime } from '../http/request-id.ts';
import { getRequestRecord, type RequestRecord } from '../store/request-record.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * `GET /v1/generation?id=req_…`: tokens and cost of one request of the caller's workspace, from the same record the ledger is
 * summed from. A record of another workspace does not exist for this caller.
 */
export async function serveGeneration(request: GatewayRequest, deps: Dependencies): Promise<GatewayResponse> {
  const caller = await authenticate(request, deps, { key: 'fresh', workspace: 'fresh' });
  authorize(caller, request, deps.region);
  const id = request.query.get('id') ?? '';
  const time = requestIdTime(id);
  if (time === undefined) {
    throw new CallerError('invalid_request', 400, '"id" must be a request id, as x-request-id has it: req_….', {
      param: 'id',
    });
  }
  const { organization, workspace } = caller.key.policy;
  const place = { organization, id, createdAt: new Date(time).toISOString() };
  const record = await getRequestRecord(deps.store, deps.tables.requests, place, deps.now());
  if (record === undefined || record.workspace !== workspace) {
    throw new CallerError('generation_not_found', 404, 'There is no such request in this workspace.', { param: 'id' });
  }
  return jsonResponse(200, { data: describe(record) });
}

/** OpenRouter's names where it has one, so that clients written for it find their fields. */
function describe(record: RequestRecord): object {
  const cacheWrites = record.cacheWrite5mInputTokens + record.cacheWrite1hInputTokens;
  return {
    id: record.id,
    created_at: record.createdAt,
    model: record.model,
    provider_name: record.provider,
    streamed: record.streamed,
    ending: record.ending,
    status: record.status,
    error_code: record.errorCode ?? null,
    finish_reason: record.finishReason ?? null,
    tokens_prompt: record.inputTokens + record.cacheReadInputTokens + cacheWrites,
    tokens_completion: record.outputTokens,
    native_tokens_cached: record.cacheReadInputTokens,
    native_tokens_cache_write: cacheWrites,
    native_tokens_reasoning: record.reasoningTokens,
    billed_units: record.billedUnits ?? null,
    usage_estimated: record.usageEstimated,
    total_cost: record.costMicroUsd / 1_000_000,
    cost_micro_usd: record.costMicroUsd,
    attempts: record.attempts,
    latency: record.latencyMs,
    first_byte_ms: record.firstByteMs,
    overhead_ms: record.overheadMs,
  };
}
