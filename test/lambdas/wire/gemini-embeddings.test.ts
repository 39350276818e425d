import { describe, expect, test } from 'vitest';
import { geminiEmbedContent, geminiEmbeddings } from '../../../lambdas/wire/gemini-embeddings.ts';
import { parseJsonBody } from '../../../lambdas/wire/json-body.ts';
import type { RequestFacts, WireProtocol } from '../../../lambdas/wire/protocol.ts';

const batchPath = '/v1beta/models/google/gemini-embedding-001:batchEmbedContents';
const body = (text: string) => parseJsonBody(Buffer.from(text));
const read = (protocol: WireProtocol, text: string, path: string): RequestFacts =>
  protocol.readRequest(body(text), { path, query: new URLSearchParams() });
const batch = '{"requests":[{"model":"models/google/gemini-embedding-001", "content":{"parts":[{"text":"ü"}]}}]}';

describe('a batch', () => {
  test('is read with the model of its path, and has no output to cap', () => {
    expect(read(geminiEmbeddings, batch, batchPath)).toEqual({
      model: 'google/gemini-embedding-001',
      fallbackModels: [],
      stream: false,
      maxOutputTokens: undefined,
      minOutputTokens: 0,
      choices: 0,
      wantsStreamUsage: false,
      hasReferences: false,
      unpricedOption: undefined,
    });
  });

  test.each([
    ['{}', batchPath, 'requests'],
    ['{"requests":[]}', batchPath, 'requests'],
    ['{"requests":[{},7]}', batchPath, 'requests[1]'],
    [batch, '/v1beta/models/x:embedContent', 'model'],
    [batch, '/v1beta/models/:batchEmbedContents', 'model'],
    [batch, '/v1beta/models/%ff:batchEmbedContents', 'model'],
  ])('refuses %s at %s, naming the field', (text, path, param) => {
    expect(() => read(geminiEmbeddings, text, path)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    );
  });

  test('goes on with the name that the provider gives the model, in each of its requests', () => {
    const facts = read(geminiEmbeddings, batch, batchPath);
    const changes = { maxOutputTokens: undefined, maxTokensField: 'max_tokens', requestStreamUsage: false } as const;

    const renamed = geminiEmbeddings.buildRequest(body(batch), facts, { ...changes, model: 'gemini-embedding-001' });
    const same = geminiEmbeddings.buildRequest(body(batch), facts, { ...changes, model: facts.model });

    expect(renamed.toString()).toBe(
      '{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"ü"}]}}]}',
    );
    expect(same.toString()).toBe(batch);
  });
});

test('reads the usage of an answer where there is one, and takes nothing else for an answer', () => {
  const embeddings = [{ values: [0.5] }];

  const told = geminiEmbeddings.readResponse({ embeddings, usageMetadata: { promptTokenCount: 4 } });

  expect(told).toMatchObject({ usage: { inputTokens: 4, outputTokens: 0 } });
  expect(geminiEmbeddings.readResponse({ embeddings })).toEqual({ usage: undefined, finishReason: undefined });
  expect(geminiEmbeddings.readResponse({ error: {} })).toBeUndefined();
});

test('reads one text without a batch', () => {
  const path = '/v1/models/gemini-embedding-001:embedContent';

  expect(read(geminiEmbedContent, '{"content":{"parts":[]}}', path)).toMatchObject({ model: 'gemini-embedding-001' });
  expect(() => read(geminiEmbedContent, '{"content":"text"}', path)).toThrow(
    expect.objectContaining({ param: 'content' }),
  );
});
