import { basePath, operationIds } from '../lambdas/control-plane/contract/operations.ts';
import { type AdminClient, causeOf, type ItemOf } from './admin-client.ts';
import { CliError } from './cli-error.ts';
import type { Connection } from './connection.ts';

export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'problem' | 'skipped';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Sources run unbuilt from here on. */
const oldestNode = 24;
const timeoutMs = 10_000;
/** Beyond it, tokens seem expired or not valid yet, and `--follow` misses requests. The header counts whole seconds. */
const largestSkewMs = 30_000;

export function checkNode(version: string): Check {
  const name = 'node';
  if (Number.parseInt(version, 10) >= oldestNode) return { name, status: 'ok', detail: version };
  return {
    name,
    status: 'problem',
    detail: `${version} is older than ${oldestNode}.`,
    remedy: 'Run it as "npx gatehouse" after "npm ci", which brings the right one.',
  };
}

/** From the outside in: what does not answer is not asked further. */
export async function* checkControlPlane(connection: Connection, client: AdminClient): AsyncGenerator<Check> {
  const health = await get(`${connection.url}/healthz`);
  if (health instanceof Error || !health.ok) {
    yield {
      name: 'control plane',
      status: 'problem',
      detail: `${connection.url}/healthz ${outcomeOf(health)}.`,
      remedy: 'Is it running ("npm start" on this machine), and is the URL right?',
    };
    return;
  }
  yield { name: 'control plane', status: 'ok', detail: `${connection.url} answers` };
  yield checkClock(health.headers.get('date'), Date.now());
  yield checkApi(await get(`${connection.url}${basePath}/openapi.json`));
  const token = await checkToken(client, connection);
  yield token;
  if (token.status === 'ok') yield* checkDataPlanes(client);
}

export function checkClock(date: string | null, now: number): Check {
  const name = 'clock';
  const skewMs = Math.abs(now - Date.parse(date ?? ''));
  if (Number.isNaN(skewMs)) return { name, status: 'skipped', detail: 'the server does not tell its time' };
  const seconds = Math.round(skewMs / 1000);
  if (skewMs <= largestSkewMs) return { name, status: 'ok', detail: `${seconds} s from the server’s` };
  return { name, status: 'problem', detail: `${seconds} s from the server’s.`, remedy: 'Set it by a time server.' };
}

/** Whether the server knows every operation that this client may call. */
function checkApi(answer: Fetched): Check {
  const name = 'api';
  const document = answer instanceof Error || !answer.ok ? undefined : parseJson(answer.text);
  if (document === undefined) {
    return {
      name,
      status: 'problem',
      detail: `${basePath}/openapi.json ${outcomeOf(answer)}.`,
      remedy: 'Something else answers there, or a server without this version of the API.',
    };
  }
  const known = operationIdsOf(document);
  const missing = operationIds.filter((id) => !known.has(id));
  if (missing.length === 0) return { name, status: 'ok', detail: `${basePath}, ${known.size} operations` };
  return {
    name,
    status: 'problem',
    detail: `the server does not know ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ' and more' : ''}.`,
    remedy: 'It is older than this client: deploy it anew, or use the client of its version.',
  };
}

async function checkToken(client: AdminClient, { tokenFrom }: Connection): Promise<Check> {
  const name = 'token';
  try {
    await client.call('listOrganizations', { query: { limit: 1 } });
    return { name, status: 'ok', detail: 'accepted' };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const remedy = error.status === 401 ? `Give one that is valid (this one came from ${tokenFrom}).` : undefined;
    const [detail = ''] = error.message.split('\n');
    return { name, status: 'problem', detail, ...(remedy !== undefined && { remedy }) };
  }
}

async function* checkDataPlanes(client: AdminClient): AsyncGenerator<Check> {
  try {
    for await (const endpoint of client.iterate('listEndpoints', {})) {
      yield checkPolicy(endpoint);
      if (endpoint.url !== undefined)
        yield checkDataPlane(endpoint.region, await get(new URL('healthz', withSlash(endpoint.url))));
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const [detail = ''] = error.message.split('\n');
    yield error.status === 403
      ? { name: 'data planes', status: 'skipped', detail: 'only the operator may see them' }
      : { name: 'data planes', status: 'problem', detail };
  }
}

export function checkPolicy({ region, policy }: ItemOf<'listEndpoints'>): Check {
  const name = `policy in ${region}`;
  const { status, missing, stale, foreign, items, comparedAt } = policy;
  if (status === 'unreachable') {
    return {
      name,
      status: 'problem',
      detail: 'its table could not be compared.',
      remedy: 'See the log of the reconcile job.',
    };
  }
  if (status === 'unknown') return { name, status: 'ok', detail: 'not compared yet' };
  const repaired =
    status === 'repaired' ? `; ${missing} missing, ${stale} stale and ${foreign} foreign were repaired` : '';
  return { name, status: 'ok', detail: `${items} items as they should be, compared ${comparedAt}${repaired}` };
}

function checkDataPlane(region: string, answer: Fetched): Check {
  const name = `data plane in ${region}`;
  if (!(answer instanceof Error) && answer.ok) return { name, status: 'ok', detail: 'answers' };
  return {
    name,
    status: 'problem',
    detail: `its /healthz ${outcomeOf(answer)}.`,
    remedy: 'Look at its log and its domain.',
  };
}

type Fetched =
  | { readonly ok: boolean; readonly status: number; readonly headers: Headers; readonly text: string }
  | Error;

/** Without the token: none of these needs it. */
async function get(url: string | URL): Promise<Fetched> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    const { ok, status, headers } = response;
    return { ok, status, headers, text: await response.text() };
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown');
  }
}

function outcomeOf(answer: Fetched): string {
  return answer instanceof Error ? `cannot be reached (${causeOf(answer)})` : `answers ${answer.status}`;
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function operationIdsOf(document: unknown): Set<unknown> {
  const { paths } = (document ?? {}) as { paths?: Record<string, Record<string, { operationId?: string }>> };
  const found = Object.values(paths ?? {}).flatMap((methods) =>
    Object.values(methods).map((method) => method.operationId),
  );
  return new Set(found.filter((id) => id !== undefined));
}
