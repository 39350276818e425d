import { expect, onTestFinished } from 'vitest';
import { type Gatehouse, type GatehouseOptions, startGatehouse } from '../fixtures/gatehouse.ts';
import { type Handler, startUpstream, type Upstream } from '../fixtures/upstream.ts';

/** Micro-USD per million tokens: a token of input costs one, a token of output two. */
export const labPrice = { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 };
export const labCredential = 'lab-credential-0001';

export interface Lab extends Gatehouse {
  readonly upstream: Upstream;
}

/**
 * A gateway whose provider `lab`, declared in a configuration file with its credential in an environment variable, is an
 * upstream of the test's own. Its model is `lab/sample`, whatever the protocol.
 */
export async function startLab(
  script: Handler | readonly [Handler, ...Handler[]],
  options: GatehouseOptions = {},
): Promise<Lab> {
  const upstream = await startUpstream(script);
  onTestFinished(() => upstream.close());
  const lab = {
    baseUrl: `${upstream.url}/v1`,
    protocols: ['openai-chat', 'openai-embeddings', 'anthropic-messages'],
    models: [{ id: 'sample', price: labPrice }],
    credentialEnv: 'LAB_KEY',
  };
  const gatehouse = await startGatehouse({
    ...options,
    providers: { lab, ...options.providers },
    environment: { LAB_KEY: labCredential, ...options.environment },
  });
  onTestFinished(() => gatehouse.close());
  return { ...gatehouse, upstream };
}

/** What `GET /v1/generation` shows of a request, as far as tests look at it. */
export interface Generation {
  readonly id: string;
  readonly ending: string;
  readonly status: number;
  readonly error_code: string | null;
  readonly tokens_prompt: number;
  readonly tokens_completion: number;
  readonly cost_micro_usd: number;
  readonly attempts: number;
}

type Address = Pick<Gatehouse, 'url' | 'apiKey'>;

export function getGeneration(gatehouse: Address, id: string | null | undefined): Promise<Generation> {
  return getData(gatehouse, `/v1/generation?id=${id}`);
}

/** The `data` member of an answer that has to be good. */
export async function getData<T>({ url, apiKey }: Address, path: string): Promise<T> {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${apiKey}` } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: T }).data;
}

/** The error a call of a client fails with, which must be of that class. */
export async function failureOf<Type extends abstract new (...parameters: never[]) => Error>(
  call: Promise<unknown>,
  type: Type,
): Promise<InstanceType<Type>> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(type);
  return error as InstanceType<Type>;
}
