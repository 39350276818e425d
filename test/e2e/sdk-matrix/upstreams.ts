import { afterAll, beforeAll } from 'vitest';
import type { ProtocolName } from '../../../lambdas/wire/protocol-name.ts';
import { type ReceivedRequest, startSimulatedProvider } from '../../../local/simulated-provider.ts';
import { type Gatehouse, startGatehouse } from '../../fixtures/gatehouse.ts';

/** One provider that answers in text by this protocol alone, so that every other client's requests to it are translated. */
export interface MatrixUpstream {
  /** The provider's name. */
  readonly name: 'chat' | 'responses' | 'anthropic' | 'gemini' | 'bedrock';
  readonly protocol: ProtocolName;
  /** What a client calls a model of the simulated provider, such as `reasoning`, when it means the one behind this provider. */
  model(simulated: string): string;
}

/** For `describe.each(upstreams)('$name', …)`. */
export const upstreams: readonly MatrixUpstream[] = [
  { name: 'chat', protocol: 'openai-chat', model: (simulated) => `chat/${simulated}` },
  { name: 'responses', protocol: 'openai-responses', model: (simulated) => `responses/${simulated}` },
  { name: 'anthropic', protocol: 'anthropic-messages', model: (simulated) => `anthropic/${simulated}` },
  { name: 'gemini', protocol: 'gemini', model: (simulated) => `gemini/${simulated}` },
  // Bedrock's ids begin with the vendor of the model, which decides how it is asked to reason.
  { name: 'bedrock', protocol: 'bedrock-converse', model: (simulated) => `bedrock/anthropic.${simulated}` },
];

/** Micro-USD per million tokens: 1 for a token of input, 2 for one of output, a quarter for one that was read from a cache. */
const matrixPrice = {
  inputPerMillion: 1_000_000,
  outputPerMillion: 2_000_000,
  cacheReadPerMillion: 250_000,
  cacheWritePerMillion: 1_250_000,
};

export interface Matrix {
  readonly gatehouse: Gatehouse;
  /** What reached the provider, whatever its protocol, in order of arrival. */
  readonly received: readonly ReceivedRequest[];
  /** The body of the request that reached the provider last. */
  lastBody(): Record<string, unknown>;
}

/** The gateway as `npm start` composes it, before one simulated provider that is declared once for each protocol. */
async function startMatrix(): Promise<Matrix & { close(): Promise<void> }> {
  const received: ReceivedRequest[] = [];
  const simulated = await startSimulatedProvider({
    requireKey: credential,
    onRequest: (request) => received.push(request),
  });
  const gatehouse = await startGatehouse({
    providers: declareUpstreams(simulated.url),
    environment: { MATRIX_KEY: credential, MATRIX_AWS_KEYS: JSON.stringify(awsKeys) },
  });
  return {
    gatehouse,
    received,
    lastBody: () => received.at(-1)?.body as Record<string, unknown>,
    close: async () => {
      await gatehouse.close();
      await simulated.close();
    },
  };
}

/** A matrix for all tests of a file; its members are there once the first test runs. */
export function useMatrix(): Matrix {
  let matrix: Awaited<ReturnType<typeof startMatrix>> | undefined;
  beforeAll(async () => {
    matrix = await startMatrix();
  });
  afterAll(() => matrix?.close());
  const started = (): Matrix => {
    if (matrix === undefined) throw new Error('the matrix starts before the first test, not before that');
    return matrix;
  };
  return {
    get gatehouse() {
      return started().gatehouse;
    },
    get received() {
      return started().received;
    },
    lastBody: () => started().lastBody(),
  };
}

/** An API key for most, and the id of an AWS key, which has to be of capital letters. */
const credential = 'MATRIXCREDENTIAL0001';
const awsKeys = { kind: 'aws-keys', accessKeyId: credential, secretAccessKey: 'matrix-secret-0001' };

/** What each vendor has beside answers in text. */
const besideText: Record<MatrixUpstream['name'], readonly ProtocolName[]> = {
  chat: ['openai-embeddings'],
  responses: ['openai-count-tokens'],
  anthropic: ['anthropic-count-tokens'],
  gemini: ['gemini-count-tokens', 'gemini-embeddings'],
  bedrock: ['bedrock-embeddings'],
};

/** How each vendor's own service is addressed and told who calls. */
function declareUpstreams(url: string): Record<string, object> {
  const common = { models: [{ id: '*', price: matrixPrice }], credentialEnv: 'MATRIX_KEY' };
  const addresses: Record<MatrixUpstream['name'], object> = {
    chat: { baseUrl: `${url}/v1`, auth: { kind: 'bearer' } },
    responses: { baseUrl: `${url}/v1`, auth: { kind: 'bearer' } },
    anthropic: { baseUrl: url, auth: { kind: 'header', name: 'x-api-key' } },
    gemini: { baseUrl: url, auth: { kind: 'header', name: 'x-goog-api-key' } },
    bedrock: {
      baseUrl: url,
      auth: { kind: 'sigv4', name: 'bedrock/eu-central-1' },
      credentialEnv: 'MATRIX_AWS_KEYS',
    },
  };
  return Object.fromEntries(
    upstreams.map(({ name, protocol }) => [
      name,
      { ...common, ...addresses[name], protocols: [protocol, ...besideText[name]] },
    ]),
  );
}
