import { once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import type { ReceivedRequest } from '../../../local/simulated-provider.ts';
import { startSimulated } from '../../fixtures/simulated-clients.ts';

/** A simulated provider for one test, with the clients of Google and AWS beside those of OpenAI and Anthropic. */
export async function startVendors() {
  const requests: ReceivedRequest[] = [];
  const simulated = await startSimulated({ onRequest: (request) => void requests.push(request) });
  const google = new GoogleGenAI({ apiKey: 'simulated', httpOptions: { baseUrl: simulated.url } });
  const bedrock = new BedrockRuntimeClient({
    endpoint: simulated.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIASIMULATED', secretAccessKey: 'simulated' },
    maxAttempts: 1,
    requestHandler: overHttp1,
  });
  return { ...simulated, requests, google, bedrock };
}

interface HttpRequest {
  readonly method: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Left to itself, the client speaks HTTP/2 only. */
const overHttp1: NonNullable<BedrockRuntimeClientConfig['requestHandler']> = {
  handle: async ({ method, hostname, port, path, headers, body }: HttpRequest) => {
    const request = send({ method, hostname, port, path, headers });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { statusCode = 0, headers: received } = response;
    const flat = Object.fromEntries(Object.entries(received).map(([name, value]) => [name, String(value)]));
    return { response: { statusCode, headers: flat, body: response } };
  },
};

/** One pixel. */
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** What models say of it. */
export const pixelDescription = /^image 1: image\/png, 70 bytes, sha256 [0-9a-f]{12}$/;

export const weatherSchema = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
};
export const weatherArguments = { city: 'sample city', days: 1 };
