import { type Connection, createConnection } from '../aws/connection.ts';
import { type AwsCredentials, createSigner } from '../aws/sign.ts';
import { describeFault, type Logger } from './logger.ts';
import { defaultServiceName } from './metrics.ts';
import { describeResource, describeSpans, type TracedRequest } from './spans.ts';

export interface TraceExporter {
  /** Sends a request's spans, for at most a second. Never rejects: spans that cannot be sent are lost. */
  export(request: TracedRequest): Promise<void>;
  close(): void;
}

export interface TraceExporterOptions {
  /** Where OTLP over HTTP is taken, path included, such as `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  /** Signs what is sent as this caller, for the endpoint of AWS X-Ray. @default - it is sent unsigned */
  readonly aws?: { readonly region: string; readonly credentials: () => Promise<AwsCredentials> };
  /** Who sends: `OTEL_SERVICE_NAME`, of which empty means unset. @default 'gatehouse' */
  readonly serviceName?: string | undefined;
  readonly logger: Pick<Logger, 'fault'>;
  readonly now: () => number;
}

/** Where AWS X-Ray takes OTLP, JSON included: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html */
export function xrayEndpoint(region: string): string {
  return `https://xray.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/v1/traces`;
}

const contentType = 'application/json';
/** Together a second, whatever hangs. Most of it is for the first connection of a cold start. */
const timeouts = { connectTimeoutMs: 700, responseTimeoutMs: 300 };
const pauseMs = 60_000;

/**
 * OTLP over HTTP, in JSON, a request at a time: a function is frozen when its answer ends, so nothing can be gathered for later.
 * After a failure nothing is sent for a minute: a collector that hangs costs one request a second and not all of them, and says so
 * once a minute.
 */
export function createTraceExporter(options: TraceExporterOptions): TraceExporter {
  const { aws, logger, now } = options;
  const url = new URL(options.endpoint);
  const resource = describeResource(options.serviceName || defaultServiceName);
  const signer = aws && createSigner({ service: 'xray', region: aws.region });
  let connection: Connection | undefined;
  let pausedUntil = -Infinity;

  const send = async (request: TracedRequest): Promise<void> => {
    const body = JSON.stringify(describeSpans(request, resource));
    const call = { host: url.host, path: url.pathname, contentType, body };
    const headers =
      aws === undefined || signer === undefined
        ? { host: call.host, 'content-type': contentType }
        : signer.sign(call, await aws.credentials(), Date.now());
    connection ??= createConnection(url, timeouts);
    const { status } = await connection.post('ExportTraces', headers, call.body, call.path);
    if (status < 200 || status > 299) throw new TraceExportError(`the collector answered ${status}`);
  };

  return {
    async export(request) {
      if (now() < pausedUntil) return;
      try {
        await send(request);
      } catch (error) {
        if (now() < pausedUntil) return;
        pausedUntil = now() + pauseMs;
        logger.fault(describeFault('trace-export-failed', error, request.record.id));
      }
    },
    close: () => connection?.close(),
  };
}

class TraceExportError extends Error {
  override readonly name = 'TraceExportError';
}
