import { randomUUID } from 'node:crypto';
import type {
  BodyInputOf,
  Operation,
  ParametersOf,
  QueryInputOf,
  ResponseOf,
} from '../lambdas/control-plane/contract/operation.ts';
import {
  basePath,
  type OperationId,
  type Operations,
  operations,
} from '../lambdas/control-plane/contract/operations.ts';
import { CliError, usageError } from './cli-error.ts';
import type { Connection } from './connection.ts';
import { exitCodes } from './exit-code.ts';
import { errorOfAnswer } from './problem-details.ts';
import { pauseBeforeRetry } from './retry.ts';

type ParametersMember<Parameters> = keyof Parameters extends never ? object : { readonly parameters: Parameters };
type QueryMember<Query> = Query extends undefined
  ? object
  : object extends Query
    ? { readonly query?: Query }
    : { readonly query: Query };
type BodyMember<Body> = Body extends undefined ? object : { readonly body: Body };

/** What one operation is called with, as the contract has it. */
export type CallInput<Id extends OperationId> = ParametersMember<ParametersOf<Operations[Id]>> &
  QueryMember<QueryInputOf<Operations[Id]>> &
  BodyMember<BodyInputOf<Operations[Id]>> & {
    /** An ETag: the call is refused with 412 when the resource has another one by now. */
    readonly ifMatch?: string;
    /** Of a POST; a fresh one by default. */
    readonly idempotencyKey?: string;
    /** Gives the call up. */
    readonly signal?: AbortSignal;
  };

export interface Answer<Id extends OperationId> {
  readonly status: number;
  /** As the server sent it. Not parsed by the schema: a newer server may send members this client does not know. */
  readonly body: ResponseOf<Operations[Id]>;
  readonly etag: string | undefined;
}

/** Operations that answer with pages. */
export type ListOperationId = {
  [Id in OperationId]: ResponseOf<Operations[Id]> extends { nextCursor: string | null } ? Id : never;
}[OperationId];

export type ItemOf<Id extends ListOperationId> =
  ResponseOf<Operations[Id]> extends { data: (infer Item)[] } ? Item : never;

/** The admin API by its operations. Every method throws CliError for whatever is not a success. */
export interface AdminClient {
  readonly url: string;
  call<Id extends OperationId>(id: Id, input: CallInput<Id>): Promise<Answer<Id>>;
  /** Items page by page, as long as somebody takes them. */
  pages<Id extends ListOperationId>(id: Id, input: CallInput<Id>): AsyncGenerator<readonly ItemOf<Id>[]>;
  /** Items of all pages. */
  iterate<Id extends ListOperationId>(id: Id, input: CallInput<Id>): AsyncGenerator<ItemOf<Id>>;
}

export interface AdminClientOptions {
  /** Of one try. */
  readonly timeoutMs?: number;
  readonly pause?: (milliseconds: number) => Promise<void>;
}

interface LooseInput {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

const defaultTimeoutMs = 60_000;
const largestPage = 100;

/** A client for one server. It keeps no state and makes no call by itself. */
export function createAdminClient(connection: Connection, options: AdminClientOptions = {}): AdminClient {
  const { timeoutMs = defaultTimeoutMs, pause = wait } = options;

  async function call<Id extends OperationId>(id: Id, input: CallInput<Id>): Promise<Answer<Id>> {
    const { url, init, signal } = buildRequest(connection, operations[id], input as LooseInput);
    for (let retries = 0; ; retries += 1) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const response = await send(url, { ...init, signal: signal ? AbortSignal.any([timeout, signal]) : timeout });
      if (response instanceof Error) {
        const next = signal?.aborted ? undefined : pauseBeforeRetry('unreachable', retries, Date.now());
        if (next === undefined) throw unreachable(connection, response);
        await pause(next);
        continue;
      }
      const { status, headers, text } = response;
      if (status >= 200 && status < 300) {
        return { status, body: parseBody<Id>(text, connection.url), etag: headers.get('etag') ?? undefined };
      }
      const next = pauseBeforeRetry({ status, retryAfter: headers.get('retry-after') }, retries, Date.now());
      if (next === undefined) throw refusal(response, connection, retries);
      await pause(next);
    }
  }

  async function* pages<Id extends ListOperationId>(id: Id, input: CallInput<Id>) {
    let query: LooseInput['query'] = { limit: largestPage, ...(input as LooseInput).query };
    for (;;) {
      const { body } = await call(id, { ...input, query });
      const { data, nextCursor } = body as { data?: ItemOf<Id>[]; nextCursor?: string | null };
      if (!Array.isArray(data)) throw notTheAdminApi(connection.url);
      yield data;
      if (typeof nextCursor !== 'string') return;
      query = { ...query, cursor: nextCursor };
    }
  }

  async function* iterate<Id extends ListOperationId>(id: Id, input: CallInput<Id>) {
    for await (const page of pages(id, input)) yield* page;
  }

  return { url: connection.url, call, pages, iterate };
}

function buildRequest(connection: Connection, operation: Operation, input: LooseInput) {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    pathSegment(name, input.parameters?.[name] ?? ''),
  );
  const url = new URL(`${connection.url}${basePath}${path}`);
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const headers: Record<string, string> = {
    accept: 'application/json',
    authorization: `Bearer ${connection.token}`,
    ...(input.body !== undefined && { 'content-type': 'application/json' }),
    ...(input.ifMatch !== undefined && { 'if-match': input.ifMatch }),
    ...(operation.method === 'POST' && { 'idempotency-key': input.idempotencyKey ?? randomUUID() }),
  };
  const body = input.body === undefined ? {} : { body: JSON.stringify(input.body) };
  // A redirect would carry the call, and perhaps the token, to a place nobody named.
  const init: RequestInit = { method: operation.method, headers, redirect: 'manual', ...body };
  return { url, init, signal: input.signal };
}

/** A URL drops empty and dot segments: `routes delete ..` would be a call about the workspace. */
function pathSegment(name: string, value: string): string {
  if (value === '' || value === '.' || value === '..') throw usageError(`The ${name} must not be "${value}".`);
  return encodeURIComponent(value);
}

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One try. An error is returned, not thrown: it is one of the two outcomes the caller decides about. */
async function send(url: URL, init: RequestInit): Promise<Received | Error> {
  try {
    const response = await fetch(url, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown');
  }
}

function parseBody<Id extends OperationId>(text: string, url: string): ResponseOf<Operations[Id]> {
  if (text === '') return undefined as ResponseOf<Operations[Id]>;
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null) throw notTheAdminApi(url);
  return body as ResponseOf<Operations[Id]>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal({ status, headers, text }: Received, { url, tokenFrom }: Connection, retries: number): CliError {
  if (status >= 300 && status < 400) {
    return new CliError(exitCodes.unreachable, `${url} redirects elsewhere. Give the address it leads to with --url.`);
  }
  const error = errorOfAnswer(status, parseJson(text), headers.get('x-request-id') ?? undefined);
  const notes = [
    ...(status === 401 ? [`The token came from ${tokenFrom}.`] : []),
    // Deleted already, or changed already: by the try whose answer was lost.
    ...(retries > 0 && [404, 409, 412].includes(status) ? ['An earlier try of this call may have got through.'] : []),
  ];
  return new CliError(error.exitCode, [error.message, ...notes].join('\n'), status);
}

function notTheAdminApi(url: string): CliError {
  return new CliError(exitCodes.unreachable, `What answers at ${url} is not the admin API. Check --url.`);
}

function unreachable({ url, urlFrom }: Connection, error: Error): CliError {
  const isLocalRunner = urlFrom.endsWith('admin-url');
  return new CliError(
    exitCodes.unreachable,
    `${url} cannot be reached (${causeOf(error)}).\nThe address came from ${urlFrom}. ${isLocalRunner ? 'Is "npm start" running?' : 'Is it running, and is the address right?'}`,
  );
}

/** Why a `fetch` failed, in a word: the code of the system or the TLS library, or the timeout. */
export function causeOf(error: Error): string {
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
