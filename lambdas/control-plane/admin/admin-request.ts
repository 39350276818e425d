/** A request to the admin API, whatever carried it. */
export interface AdminRequest {
  readonly method: string;
  /** With the base path, without the query. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  /** The whole body; empty where there is none. */
  readonly body: string;
  readonly sourceAddress: string;
  readonly id: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

export interface AdminResponse {
  readonly status: number;
  /** Absent: an answer without content. */
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string>>;
}
