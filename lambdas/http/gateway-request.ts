/** One request as every adapter hands it in: plain data, no platform object. */
export interface GatewayRequest {
  /** Ours, `req_…`; answered as `x-request-id`. */
  readonly id: string;
  readonly method: string;
  /** Path without query, percent-encoding as received. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names the endpoint that serves it, once that is found: the path, with `{model}` in the place of a model's name. */
  readonly endpoint?: string;
  /** Lower-case names; repeated headers joined with a comma, as node:http does. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /**
   * The whole body, read when it is asked for.
   * @throws CallerError 413 as soon as it is known to be too large, 408 when its sender is too slow.
   */
  readBody(): Promise<Buffer>;
  /** The caller's address as the trusted edge saw it. */
  readonly sourceAddress: string;
  /** Organization whose execution environment this is, where each has its own; else absent. */
  readonly tenant?: string | undefined;
  /** Epoch milliseconds when the first byte of the request was seen. */
  readonly receivedAt: number;
  /** Epoch milliseconds by which the response must have ended; the platform kills the request soon after. */
  readonly deadline: number;
  /** Aborts when the caller's connection closes, where the runtime can see it. */
  readonly signal: AbortSignal;
}

/** A body that is produced while it is sent. Back-pressure is the consumer's pace; `return()` is called when it gives up. */
export type StreamedBody = AsyncIterable<Uint8Array>;

export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | StreamedBody;
}
