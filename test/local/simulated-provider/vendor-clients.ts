import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
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
  });
  return { ...simulated, requests, google, bedrock };
}

/** One pixel. */
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** What models say of it. */
export const pixelDescription = /^image 1: image\/png, 70 bytes, sha256 [0-9a-f]{12}$/;

export const weatherSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
} as const;
export const weatherArguments = { city: 'sample city', days: 1 };
