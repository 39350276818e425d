import type { RequestRecord } from '../store/request-record.ts';
import { answerAttributes, type Attributes, modelAttributes, operationOf, requestAttributes } from './attributes.ts';
import { dimensions } from './metrics.ts';
import { createSpanId, type TraceContext } from './trace-context.ts';

/** One request to a provider: when, and how it failed. */
export interface UpstreamCall {
  readonly provider: string;
  readonly model: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Absent while the answer comes in, or where it went on to the caller. */
  endedAt?: number;
  errorCode?: string;
}

/** A settled request as its spans are made of. */
export interface TracedRequest {
  readonly record: RequestRecord;
  readonly trace: TraceContext;
  readonly method: string;
  readonly calls: readonly UpstreamCall[];
  /** Epoch milliseconds, as in the calls. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto */
const serverKind = 2;
const clientKind = 3;
const failed = { code: 2 };

const scope = { name: 'gatehouse' };

/** Who sends spans: the same for every request of a function. */
export interface Resource {
  readonly attributes: readonly object[];
}

export function describeResource(serviceName: string): Resource {
  return { attributes: toKeyValues({ [dimensions.service]: serviceName }) };
}

/**
 * The request and every call to a provider as one `ExportTraceServiceRequest` in OTLP's JSON: ids are hexadecimal, 64-bit numbers
 * are strings. Usage stands at the call that answered and nowhere else, so that nobody adds it up twice.
 *
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function describeSpans(request: TracedRequest, resource: Resource): object {
  const spans = [serverSpan(request), ...request.calls.map((call) => clientSpan(call, request))];
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] };
}

function serverSpan({ record, trace, method, startedAt, endedAt }: TracedRequest): object {
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    name: `${method} ${record.endpoint}`,
    kind: serverKind,
    ...times(startedAt, endedAt),
    attributes: toKeyValues({ 'http.request.method': method, ...requestAttributes(record) }),
    // The conventions leave a 4xx of a server without an error: it did what it should.
    status: record.status >= 500 || isBrokenOff(record) ? failed : undefined,
  };
}

function clientSpan(call: UpstreamCall, { record, trace, calls, endedAt }: TracedRequest): object {
  const answered = call.endedAt === undefined && call === calls.at(-1);
  const error = call.errorCode ?? (answered ? record.errorCode : undefined);
  return {
    traceId: trace.traceId,
    spanId: createSpanId(),
    parentSpanId: trace.spanId,
    name: `${operationOf(record.endpoint)} ${call.model}`,
    kind: clientKind,
    ...times(call.startedAt, call.endedAt ?? endedAt),
    attributes: toKeyValues({
      ...modelAttributes(record, call.provider, call.model),
      ...(answered && answerAttributes(record)),
      'error.type': error,
    }),
    status: error === undefined ? undefined : failed,
  };
}

/** The status went out before the answer failed. */
function isBrokenOff({ status, errorCode, ending }: RequestRecord): boolean {
  return status === 200 && (errorCode !== undefined || ending === 'gateway-failed');
}

function times(startedAt: number, endedAt: number): object {
  return { startTimeUnixNano: nanoseconds(startedAt), endTimeUnixNano: nanoseconds(Math.max(startedAt, endedAt)) };
}

function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds)}000000`;
}

function toKeyValues(attributes: Attributes): object[] {
  const keyValues: object[] = [];
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) keyValues.push({ key, value: toAnyValue(value) });
  }
  return keyValues;
}

function toAnyValue(value: NonNullable<Attributes[string]>): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
