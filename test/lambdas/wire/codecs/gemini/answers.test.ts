import { describe, expect, test } from 'vitest';
import type { AnswerContext } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { AssistantPart } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalResponse } from '../../../../../lambdas/wire/canonical/response.ts';
import { geminiCodec } from '../../../../../lambdas/wire/codecs/gemini/codec.ts';

const usage = {
  inputTokens: 70,
  cacheReadInputTokens: 30,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 18,
  reasoningTokens: 11,
};
const context: AnswerContext = { requestId: 'req_1', createdAt: 1, model: 'asked', includeUsage: true, request: {} };

const partsOf = (...parts: unknown[]) =>
  geminiCodec.decodeResponse({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })?.choices[0]?.content;
const encode = (response: Partial<CanonicalResponse> & { content?: readonly AssistantPart[] }) =>
  geminiCodec.encodeResponse(
    { choices: [{ content: response.content ?? [], finishReason: 'stop' }], ...response },
    context,
  ) as { candidates: Record<string, unknown>[]; usageMetadata?: object };

describe('an answer of Gemini', () => {
  test('is read whole', () => {
    const response = geminiCodec.decodeResponse({
      candidates: [
        { content: { role: 'model', parts: [{ text: 'second' }] }, finishReason: 'MAX_TOKENS', index: 1 },
        { content: { role: 'model', parts: [{ text: 'first' }] }, finishReason: 'STOP' },
      ],
      usageMetadata: {
        promptTokenCount: 100,
        cachedContentTokenCount: 30,
        candidatesTokenCount: 7,
        thoughtsTokenCount: 11,
      },
      modelVersion: 'gemini-3-pro',
      responseId: 'theirs',
    });

    expect(response).toEqual({
      model: 'gemini-3-pro',
      choices: [
        { content: [{ type: 'text', text: 'first' }], finishReason: 'stop' },
        { content: [{ type: 'text', text: 'second' }], finishReason: 'length' },
      ],
      usage,
    });
  });

  test('keeps thoughts, calls and their signatures apart', () => {
    const content = partsOf(
      { text: 'Hm', thought: true, thoughtSignature: 'YQ==' },
      { thought: true, thoughtSignature: 'Yg==' },
      { text: 'Calling', thoughtSignature: 'Yw==' },
      { functionCall: { id: 'one', name: 'f', args: { a: 1 } }, thoughtSignature: 'ZA==' },
      { functionCall: { name: 'f' } },
      { text: '', thoughtSignature: 'ZQ==' },
      { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
      { inlineData: { mimeType: 'audio/wav', data: 'aGk=' } },
      { executableCode: { code: '1' } },
    );

    const state = (value: string) => ({ origin: 'gemini', value });
    expect(content).toEqual([
      { type: 'reasoning', text: 'Hm', state: state('YQ==') },
      { type: 'redacted-reasoning', state: state('Yg==') },
      { type: 'text', text: 'Calling', state: state('Yw==') },
      { type: 'tool-call', id: 'one', name: 'f', arguments: '{"a":1}', state: state('ZA==') },
      { type: 'tool-call', id: '', name: 'f', arguments: '{}' },
      { type: 'text', text: '', state: state('ZQ==') },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' } },
    ]);
  });

  test('cites its sources by characters, though Gemini counts bytes', () => {
    const response = geminiCodec.decodeResponse({
      candidates: [
        {
          content: { parts: [{ text: 'thinking', thought: true }, { text: 'Grüße 👋 aus Köln' }] },
          finishReason: 'STOP',
          groundingMetadata: {
            groundingChunks: [
              { web: { uri: 'https://example.com', title: 'T' } },
              { retrievedContext: { title: 'D', text: 'C' } },
            ],
            groundingSupports: [
              { segment: { partIndex: 1, startIndex: 8, endIndex: 12 }, groundingChunkIndices: [0, 1, 9] },
            ],
          },
        },
      ],
    });

    expect(response?.choices[0]?.content[1]).toMatchObject({
      citations: [
        { kind: 'url', url: 'https://example.com', title: 'T', textStart: 6, textEnd: 8 },
        { kind: 'document', title: 'D', citedText: 'C', textStart: 6, textEnd: 8 },
      ],
    });
  });

  test('tells what it recited, in either spelling', () => {
    const recited = (metadata: object) =>
      geminiCodec.decodeResponse({
        candidates: [{ content: { parts: [{ text: 'To be' }] }, citationMetadata: metadata }],
      })?.choices[0]?.content;
    const source = { startIndex: 3, endIndex: 5, uri: 'https://example.com' };

    expect(recited({ citationSources: [source] })).toEqual(recited({ citations: [source] }));
    expect(recited({ citations: [source] })).toMatchObject([
      { citations: [{ kind: 'url', url: 'https://example.com', textStart: 3, textEnd: 5 }] },
    ]);
  });

  test('has log probabilities with their alternatives', () => {
    const response = geminiCodec.decodeResponse({
      candidates: [
        {
          content: { parts: [{ text: 'Hi' }] },
          logprobsResult: {
            chosenCandidates: [{ token: 'Hi', tokenId: 3 }],
            topCandidates: [
              {
                candidates: [
                  { token: 'Hi', logProbability: 0 },
                  { token: 'Ho', logProbability: -2 },
                ],
              },
            ],
          },
        },
      ],
    });

    expect(response?.choices[0]?.logprobs).toEqual([
      {
        token: 'Hi',
        logprob: 0,
        alternatives: [
          { token: 'Hi', logprob: 0 },
          { token: 'Ho', logprob: -2 },
        ],
      },
    ]);
  });

  test('to a blocked prompt has one choice without content', () => {
    expect(geminiCodec.decodeResponse({ promptFeedback: { blockReason: 'SAFETY' } })).toEqual({
      choices: [{ content: [], finishReason: 'content_filter' }],
    });
  });

  test.each([null, 1, [], {}, { error: {} }, { candidates: {} }])('is not %j', (value) => {
    expect(geminiCodec.decodeResponse(value)).toBeUndefined();
  });

  test.each([
    { candidates: [1, null, {}] },
    { candidates: [{ content: 1 }, { content: { parts: 1 } }, { content: { parts: [1, {}] } }] },
    {
      candidates: [
        { groundingMetadata: { groundingSupports: [{}, { groundingChunkIndices: [0] }], groundingChunks: 1 } },
      ],
    },
    { candidates: [{ logprobsResult: { chosenCandidates: [1, {}], topCandidates: 1 } }], usageMetadata: 1 },
  ])('is read as far as it makes sense: %j', (value) => {
    expect(geminiCodec.decodeResponse(value)?.choices.every(({ content }) => content.length === 0)).toBe(true);
  });
});

describe('an answer for a client of Gemini', () => {
  test('is a GenerateContentResponse under the request’s id', () => {
    const response = encode({ content: [{ type: 'text', text: 'Hi' }], usage, model: 'claude' });

    expect(response).toEqual({
      candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: {
        promptTokenCount: 100,
        cachedContentTokenCount: 30,
        candidatesTokenCount: 7,
        thoughtsTokenCount: 11,
        totalTokenCount: 118,
      },
      modelVersion: 'claude',
      responseId: 'req_1',
    });
  });

  test('shows states as Gemini’s own or marked in base64', () => {
    const [candidate] = encode({
      content: [
        { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'EqQB' } },
        { type: 'redacted-reasoning', state: { origin: 'openai', value: 'gAAA' } },
        { type: 'tool-call', id: 'one', name: 'f', arguments: '{}', state: { origin: 'gemini', value: 'YQ==' } },
      ],
    }).candidates;

    const marked = (text: string) => Buffer.from(text).toString('base64');
    expect(candidate).toMatchObject({
      content: {
        parts: [
          { text: 'Hm', thought: true, thoughtSignature: marked('gh1.anthropic.EqQB') },
          { thought: true, thoughtSignature: marked('gh1.openai.gAAA') },
          { functionCall: { id: 'one', name: 'f', args: {} }, thoughtSignature: 'YQ==' },
        ],
      },
    });
  });

  test('leaves out a call whose arguments are no object, and says so', () => {
    const [candidate] = encode({
      content: [{ type: 'tool-call', id: 'one', name: 'f', arguments: '{"secret":' }],
    }).candidates;

    expect(candidate).toMatchObject({
      content: { parts: [{ text: '' }] },
      finishReason: 'MALFORMED_FUNCTION_CALL',
      finishMessage: 'The model called f with arguments that are not a JSON object.',
    });
  });

  test('cites with offsets in bytes', () => {
    const text = 'Grüße 👋';
    const [candidate] = encode({
      content: [
        { type: 'reasoning', text: 'Hm' },
        {
          type: 'text',
          text,
          citations: [
            { kind: 'url', url: 'https://example.com', textStart: 6, textEnd: 8 },
            { kind: 'page', title: 'D', citedText: 'C' },
          ],
        },
      ],
    }).candidates;

    expect(candidate?.['groundingMetadata']).toEqual({
      groundingChunks: [{ web: { uri: 'https://example.com' } }, { retrievedContext: { title: 'D', text: 'C' } }],
      groundingSupports: [
        { segment: { partIndex: 1, startIndex: 8, endIndex: 12, text: '👋' }, groundingChunkIndices: [0] },
        { segment: { partIndex: 1, startIndex: 0, endIndex: 12, text }, groundingChunkIndices: [1] },
      ],
    });
  });

  test.each([
    ['stop', 'STOP'],
    ['tool_calls', 'STOP'],
    ['length', 'MAX_TOKENS'],
    ['content_filter', 'SAFETY'],
    ['refusal', 'SAFETY'],
    ['pause', 'OTHER'],
    ['other', 'OTHER'],
  ] as const)('says %s as %s', (finishReason, expected) => {
    expect(encode({ choices: [{ content: [], finishReason }] }).candidates[0]).toMatchObject({
      finishReason: expected,
    });
  });

  test('is what its own decoder reads', () => {
    const response: CanonicalResponse = {
      model: 'm',
      choices: [
        {
          content: [
            {
              type: 'text',
              text: 'Hi 👋',
              citations: [{ kind: 'url', url: 'https://example.com', title: 'T', textStart: 3, textEnd: 5 }],
            },
            { type: 'tool-call', id: 'one', name: 'f', arguments: '{"a":[1,null]}' },
          ],
          finishReason: 'stop',
          logprobs: [{ token: 'Hi', logprob: -1, alternatives: [{ token: 'Ho', logprob: -2 }] }],
        },
        { content: [{ type: 'reasoning', text: 'Hm' }], finishReason: 'length' },
      ],
      usage,
    };

    expect(geminiCodec.decodeResponse(structuredClone(geminiCodec.encodeResponse(response, context)))).toEqual(
      response,
    );
  });
});
