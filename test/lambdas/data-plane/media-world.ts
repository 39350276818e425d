import { onTestFinished } from 'vitest';
import type { GatewayRequest, GatewayResponse } from '../../../lambdas/http/gateway-request.ts';
import type { ProviderDeclaration } from '../../../lambdas/store/policy.ts';
import type { RequestRecord } from '../../../lambdas/store/request-record.ts';
import {
  createProcess,
  createRequest,
  createTenant,
  createTestClock,
  putCatalog,
  recordOf,
  type TestStore,
} from '../../fixtures/data-plane.ts';
import { type Handler, startUpstream, type Upstream } from '../../fixtures/upstream.ts';

/** Micro-USD per million, so that a token of input costs 1, of output 2, and a unit 1,000. */
const byToken = { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 };
const byUnit = { inputPerMillion: 0, outputPerMillion: 0, perMillionUnits: 1_000_000_000 };
const clock = createTestClock();

export interface MediaWorld {
  readonly upstream: Upstream;
  send(path: string, body: object | FormData, changes?: Partial<GatewayRequest>): Promise<Sent>;
}

interface Sent {
  readonly response: GatewayResponse;
  readonly request: GatewayRequest;
  record(): Promise<RequestRecord | undefined>;
}

/** A tenant with a balance, and a provider of every protocol for media that answers as the script says. */
export async function createMediaWorld(
  store: TestStore,
  script: Handler,
  balanceMicroUsd = 100_000,
): Promise<MediaWorld> {
  const upstream = await startUpstream(script);
  onTestFinished(() => upstream.close());
  const lab: ProviderDeclaration = {
    baseUrl: `${upstream.url}/v1`,
    protocols: [
      'openai-chat',
      'openai-images',
      'openai-speech',
      'openai-transcriptions',
      'openai-moderations',
      'rerank',
    ],
    auth: { kind: 'none' },
    models: [
      { id: 'tokens', price: byToken },
      { id: 'units', price: byUnit },
      { id: 'short', price: byToken, maxOutputTokens: 500 },
      { id: 'free', free: true },
    ],
  };
  await putCatalog(store, { lab });
  const tenant = await createTenant(store, { organization: { billing: 'prepaid' }, balanceMicroUsd });
  const process = createProcess(store, clock);
  onTestFinished(() => process.close());
  return {
    upstream,
    async send(path, body, changes = {}) {
      const base = createRequest(clock, { apiKey: tenant.apiKey, path, body });
      const request = { ...base, ...(body instanceof FormData && (await formRequest(base, body))), ...changes };
      const response = await process.handle(request);
      return { response, request, record: () => recordOf(store, tenant, request) };
    },
  };
}

async function formRequest(base: GatewayRequest, form: FormData): Promise<Partial<GatewayRequest>> {
  const sent = new Response(form);
  const bytes = Buffer.from(await sent.arrayBuffer());
  const contentType = sent.headers.get('content-type') ?? '';
  return { headers: { ...base.headers, 'content-type': contentType }, readBody: async () => bytes };
}

export function audioForm(model: string, fields: Readonly<Record<string, string>> = {}, bytes = 1_000): FormData {
  const form = new FormData();
  form.set('file', new File([new Uint8Array(bytes).fill(7)], 'a.mp3'));
  form.set('model', model);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

export const bytes = (type: string, ...chunks: Buffer[]): Handler => {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': type });
    for (const chunk of chunks) response.write(chunk);
    response.end();
  };
};
