import type { RequestRecord } from '../store/request-record.ts';

/** Members of a log line and of a span; one that is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/*
 * What a request record is called outside: names of OpenTelemetry's semantic conventions where they have one, `gatehouse.` and a
 * name of ours where they have none. A closed list like the record itself, and the only place that knows both names.
 *
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */

interface Call {
  readonly id: string;
  readonly status: number;
  readonly endpoint?: string;
  readonly errorCode?: string;
}

/** Any call to one of the two APIs. */
export function callAttributes({ id, status, endpoint, errorCode }: Call): Attributes {
  return {
    'gatehouse.request.id': id,
    'http.route': endpoint,
    'http.response.status_code': status,
    'error.type': errorCode,
  };
}

/** A request that was admitted. */
export function requestAttributes(record: RequestRecord): Attributes {
  return {
    ...callAttributes(record),
    'cloud.region': record.region,
    'gatehouse.organization.id': record.organization,
    'gatehouse.workspace.id': record.workspace,
    'gatehouse.key.id': record.key,
    'gatehouse.ending': record.ending,
    'gatehouse.attempts': record.attempts,
    'gatehouse.overhead': record.overheadMs,
    'gatehouse.cost': record.costMicroUsd,
    'gatehouse.usage.estimated': record.usageEstimated,
    'gatehouse.credential.owner': record.credentialOwner,
    'gatehouse.credential.version': record.credentialVersion,
    'gatehouse.key.policy_version': record.keyPolicyVersion,
    'gatehouse.workspace.policy_version': record.workspacePolicyVersion,
  };
}

/** What was asked of a model. */
export function modelAttributes({ endpoint, streamed }: RequestRecord, provider: string, model: string): Attributes {
  return {
    'gen_ai.operation.name': operationOf(endpoint),
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'gen_ai.request.stream': streamed,
  };
}

/** What it answered. The conventions count what a cache served or took as input too; the record does not. */
export function answerAttributes(record: RequestRecord): Attributes {
  const cacheWrites = record.cacheWrite5mInputTokens + record.cacheWrite1hInputTokens;
  return {
    'gen_ai.response.finish_reasons': record.finishReason === undefined ? undefined : [record.finishReason],
    'gen_ai.usage.input_tokens': record.inputTokens + record.cacheReadInputTokens + cacheWrites,
    'gen_ai.usage.output_tokens': record.outputTokens,
    'gen_ai.usage.reasoning.output_tokens': record.reasoningTokens,
    'gen_ai.usage.cache_read.input_tokens': record.cacheReadInputTokens,
    'gen_ai.usage.cache_creation.input_tokens': cacheWrites,
    // Cached for an hour costs more than cached for five minutes.
    'gatehouse.usage.cache_creation_1h.input_tokens': record.cacheWrite1hInputTokens,
  };
}

export function operationOf(endpoint: string): 'embeddings' | 'chat' {
  return endpoint.endsWith('/embeddings') ? 'embeddings' : 'chat';
}
