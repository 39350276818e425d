import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ask, postJson } from '../../fixtures/simulated-clients.ts';
import { startVendors } from './vendor-clients.ts';

const headers = { authorization: 'Bearer key', 'anthropic-version': '2023-06-01' };
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
const blocks = [{ role: 'user', content: [{ text: 'hi' }] }];

/** A request that each endpoint answers. */
const requests: readonly [string, Record<string, unknown>][] = [
  ['/v1/chat/completions', { model: 'echo', messages: ask('hi'), tools: [], stop: 'x' }],
  ['/v1/responses', { model: 'echo', input: ask('hi'), tools: [], text: {}, reasoning: {} }],
  ['/v1/responses/input_tokens', { model: 'echo', input: 'hi' }],
  ['/v1/messages', { model: 'echo', max_tokens: 9, messages: ask('hi'), system: 'x', thinking: {}, output_config: {} }],
  ['/v1/messages/count_tokens', { model: 'echo', messages: ask('hi') }],
  ['/v1beta/models/echo:generateContent', { contents, tools: [], generationConfig: {}, systemInstruction: {} }],
  ['/v1beta/models/echo:countTokens', { contents }],
  ['/v1beta/models/embedding:embedContent', { content: contents[0] }],
  ['/v1beta/models/embedding:batchEmbedContents', { requests: [] }],
  ['/model/echo/converse', { messages: blocks, toolConfig: {}, outputConfig: {}, inferenceConfig: {} }],
  ['/model/embedding/invoke', { inputText: 'hi' }],
  ['/v1/embeddings', { model: 'embedding', input: 'hi' }],
  ['/v1/moderations', { input: 'hi' }],
  ['/v1/images/generations', { prompt: 'hi' }],
  ['/v1/audio/speech', { model: 'speech', input: 'hi', voice: 'x' }],
  ['/v1/audio/transcriptions', { model: 'transcription' }],
  ['/v2/embed', { model: 'embedding', texts: ['hi'], input_type: 'search_query' }],
  ['/v2/rerank', { model: 'rerank', query: 'hi', documents: ['hi'] }],
  ['/voyage/v1/embeddings', { model: 'embedding', input: 'hi' }],
];

it.each(requests)('%s answers or refuses any JSON and never has a fault', async (path, request) => {
  const { url } = await startVendors();
  const names = fc.constantFrom(...Object.keys(request));

  await fc.assert(
    fc.asyncProperty(names, fc.jsonValue(), async (name, value) => {
      const response = await postJson(`${url}${path}`, { ...request, [name]: value }, headers);
      await response.body?.cancel();

      expect(response.status).toBeLessThan(500);
    }),
    { numRuns: 60 },
  );
});
