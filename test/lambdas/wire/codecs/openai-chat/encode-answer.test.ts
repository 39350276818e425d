import { describe, expect, test } from 'vitest';
import { createAssembler } from '../../../../../lambdas/wire/canonical/assemble.ts';
import type { AnswerContext } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { AssistantPart } from '../../../../../lambdas/wire/canonical/request.ts';
import type { CanonicalResponse, Reading } from '../../../../../lambdas/wire/canonical/response.ts';
import { openaiChatCodec } from '../../../../../lambdas/wire/codecs/openai-chat/codec.ts';
import { readOpenAiUsage } from '../../../../../lambdas/wire/openai-usage.ts';

const context: AnswerContext = { requestId: 'req_1', createdAt: 1, model: 'asked', includeUsage: true, request: {} };
const usage = {
  inputTokens: 5,
  cacheReadInputTokens: 3,
  cacheWrite5mInputTokens: 1,
  cacheWrite1hInputTokens: 1,
  outputTokens: 7,
  reasoningTokens: 2,
};
const usageText =
  '{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,' +
  '"prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":2}}';
const choice = 0;

const encode = (response: CanonicalResponse): string =>
  JSON.stringify(openaiChatCodec.encodeResponse(response, context));

function encodeContent(...content: readonly AssistantPart[]): unknown {
  const body = openaiChatCodec.encodeResponse({ choices: [{ content, finishReason: 'stop' }] }, context);
  return (body as { choices: [{ message: unknown }] }).choices[0].message;
}

/** The data of each event. */
function stream(readings: readonly Reading[], changes: Partial<AnswerContext> = {}): readonly string[] {
  const assembler = createAssembler('req_1');
  const encoder = openaiChatCodec.createStreamEncoder({ ...context, ...changes });
  const events = [...readings.flatMap((reading) => assembler.read(reading)), ...assembler.end()];
  const text = events.map((event) => encoder.encode(event)).join('');
  expect(text).toMatch(/^(?:data: [^\n]+\n\n)*$/);
  return text.split('\n\n').flatMap((event) => (event === '' ? [] : [event.slice('data: '.length)]));
}

/** What differs between chunks. */
const choicesOf = (readings: readonly Reading[]): readonly unknown[] =>
  stream(readings)
    .slice(0, -1)
    .map((data) => (JSON.parse(data) as { choices: unknown[] }).choices[0])
    .filter((each) => each !== undefined);
const deltasOf = (readings: readonly Reading[]): readonly unknown[] =>
  choicesOf(readings).map((each) => (each as { delta: unknown }).delta);

describe('a whole answer', () => {
  test('is written in bytes that never vary', () => {
    const body = encode({
      model: 'm',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'r', state: { origin: 'anthropic', value: 'c2ln' } },
            { type: 'redacted-reasoning', state: { origin: 'bedrock', value: 'ZW5j' } },
            { type: 'text', text: 'See ' },
            { type: 'text', text: 'here', citations: [{ kind: 'url', url: 'https://x.y', title: 't' }] },
            { type: 'tool-call', id: 'a', name: 'f', arguments: '{}', state: { origin: 'gemini', value: 'sig' } },
          ],
          finishReason: 'tool_calls',
          logprobs: [{ token: 'See', logprob: -1, alternatives: [{ token: 'Or', logprob: -2, bytes: [79, 114] }] }],
        },
        { content: [{ type: 'refusal', text: 'No.' }], finishReason: 'refusal' },
      ],
      usage,
    });

    expect(body).toBe(
      '{"id":"chatcmpl-req_1","object":"chat.completion","created":1,"model":"m","choices":[' +
        '{"index":0,"message":{"role":"assistant","content":"See here","refusal":null,"reasoning_content":"r",' +
        '"reasoning_details":[' +
        '{"type":"reasoning.text","text":"r","signature":"c2ln","format":"anthropic-claude-v1","index":0},' +
        '{"type":"reasoning.encrypted","data":"gh1.bedrock.ZW5j","format":"unknown","index":1}],' +
        '"annotations":[{"type":"url_citation","url_citation":' +
        '{"start_index":4,"end_index":8,"title":"t","url":"https://x.y"}}],' +
        '"tool_calls":[{"id":"a_gh1_gemini_c2ln","type":"function","function":{"name":"f","arguments":"{}"}}]},' +
        '"logprobs":{"content":[{"token":"See","logprob":-1,"bytes":null,' +
        '"top_logprobs":[{"token":"Or","logprob":-2,"bytes":[79,114]}]}],"refusal":null},"finish_reason":"tool_calls"},' +
        '{"index":1,"message":{"role":"assistant","content":null,"refusal":"No."},"logprobs":null,"finish_reason":"stop"}],' +
        `"usage":${usageText}}`,
    );
  });

  test('is of the model that was asked for where the provider names none', () => {
    const body = encode({ choices: [] });

    expect(JSON.parse(body)).toEqual({
      id: 'chatcmpl-req_1',
      object: 'chat.completion',
      created: 1,
      model: 'asked',
      choices: [],
    });
  });

  test.each<[readonly AssistantPart[], object]>([
    [[], { content: '' }],
    [[{ type: 'reasoning', text: 'r' }], { content: '', reasoning_content: 'r' }],
    [[{ type: 'tool-call', id: 'a', name: 'f', arguments: '{}' }], { content: null }],
    [
      [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' } }],
      { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' }, index: 0 }] },
    ],
    [
      [
        { type: 'text', text: 'So: ' },
        {
          type: 'text',
          text: 'abc',
          citations: [{ kind: 'url', url: 'u', textStart: 1, textEnd: 2 }, { kind: 'page' }],
        },
      ],
      { annotations: [{ type: 'url_citation', url_citation: { start_index: 5, end_index: 6, title: '', url: 'u' } }] },
    ],
  ])('with %j', (content, expected) => {
    const message = encodeContent(...content);

    expect(message).toMatchObject(expected);
  });

  test.each([
    ['refusal', 'content_filter'],
    ['pause', 'stop'],
    ['other', 'stop'],
    ['length', 'length'],
  ] as const)('that ended with %s', (finishReason, expected) => {
    const body = openaiChatCodec.encodeResponse({ choices: [{ content: [], finishReason }] }, context);

    expect(body).toMatchObject({ choices: [{ finish_reason: expected }] });
  });

  test('comes back as it was', () => {
    const response: CanonicalResponse = {
      model: 'm',
      choices: [
        {
          content: [
            { type: 'reasoning', text: 'r', state: { origin: 'anthropic', value: 'c2ln' } },
            { type: 'redacted-reasoning', state: { origin: 'gemini', value: 'ZW5j' } },
            { type: 'text', text: 'a', state: { origin: 'gemini', value: 'dGV4dA' } },
            { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' },
          ],
          finishReason: 'tool_calls',
        },
      ],
      usage: { ...usage, cacheWrite5mInputTokens: 2, cacheWrite1hInputTokens: 0 },
    };

    const read = openaiChatCodec.decodeResponse(JSON.parse(encode(response)));

    expect(read).toEqual(response);
  });
});

test('usage has the sums of OpenAI, which counts cached tokens as part of the prompt', () => {
  const body = JSON.parse(encode({ choices: [], usage })) as { usage: unknown };

  expect(JSON.stringify(body.usage)).toBe(usageText);
  expect(readOpenAiUsage(body.usage)).toMatchObject({ inputTokens: 5, cacheReadInputTokens: 3, outputTokens: 7 });
});

describe('a stream', () => {
  const head = '{"id":"chatcmpl-req_1","object":"chat.completion.chunk","created":1,"model":"m","choices":';
  const answer: readonly Reading[] = [
    { type: 'start', model: 'm' },
    { type: 'text', choice, text: 'Hi' },
    { type: 'finish', choice, reason: 'stop' },
    { type: 'usage', usage },
    { type: 'end' },
  ];

  test('is written in chunks that never vary', () => {
    const chunks = stream(answer);

    expect(chunks).toEqual([
      `${head}[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}`,
      `${head}[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}`,
      `${head}[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}`,
      `${head}[],"usage":${usageText}}`,
      '[DONE]',
    ]);
  });

  test('says nothing of usage to a client that did not ask', () => {
    const chunks = stream(answer, { includeUsage: false });

    expect(chunks).toEqual([
      `${head}[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`,
      `${head}[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}`,
      `${head}[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
      '[DONE]',
    ]);
  });

  test('has reasoning as text, and each block in one piece as details that can be sent back', () => {
    const deltas = deltasOf([
      { type: 'reasoning', choice, text: 'Let me ' },
      { type: 'reasoning', choice, text: 'see.' },
      { type: 'state', choice, of: 'reasoning', state: { origin: 'anthropic', value: 'c2ln' } },
      { type: 'redacted-reasoning', choice, state: { origin: 'anthropic', value: 'ZW5j' } },
      { type: 'text', choice, text: 'Hi' },
      { type: 'state', choice, of: 'text', state: { origin: 'gemini', value: 'dGV4dA' } },
    ]);

    expect(deltas.slice(1, -1)).toEqual([
      { reasoning_content: 'Let me ' },
      { reasoning_content: 'see.' },
      {
        reasoning_details: [
          {
            type: 'reasoning.text',
            text: 'Let me see.',
            signature: 'c2ln',
            format: 'anthropic-claude-v1',
            index: 0,
          },
        ],
      },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZW5j', format: 'anthropic-claude-v1', index: 1 }] },
      { content: 'Hi' },
      {
        reasoning_details: [
          { type: 'reasoning.encrypted', data: 'dGV4dA', format: 'google-gemini-v1', index: 2, id: 'text' },
        ],
      },
    ]);
  });

  test('gives no block of reasoning the proof of another', () => {
    const deltas = deltasOf([
      { type: 'reasoning', choice, text: 'a' },
      { type: 'state', choice, of: 'reasoning', state: { origin: 'anthropic', value: 'c2ln' } },
      { type: 'reasoning', choice, text: 'b' },
    ]);

    expect(deltas.at(-2)).toEqual({ reasoning_details: [{ type: 'reasoning.text', text: 'b', index: 1 }] });
  });

  test('has calls with ids that carry their state, numbered from 0', () => {
    const deltas = deltasOf([
      { type: 'tool-call', choice, key: 'x', id: 'a', name: 'f', state: { origin: 'gemini', value: 'sig' } },
      { type: 'tool-arguments', choice, key: 'x', text: '{"x":1}' },
      { type: 'tool-call', choice, key: 'y', id: 'b', name: 'g' },
      { type: 'finish', choice, reason: 'stop' },
    ]);

    expect(deltas.slice(1)).toEqual([
      {
        tool_calls: [{ index: 0, id: 'a_gh1_gemini_c2ln', type: 'function', function: { name: 'f', arguments: '' } }],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"x":1}' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ]);
  });

  test('has refusals, citations, log probabilities and images', () => {
    const choices = choicesOf([
      { type: 'text', choice, text: 'So: ' },
      { type: 'block-end', choice },
      { type: 'text', choice, text: 'ab' },
      { type: 'citation', choice, citation: { kind: 'url', url: 'https://x.y' } },
      { type: 'citation', choice, citation: { kind: 'page' } },
      { type: 'logprobs', choice, logprobs: [{ token: 'ab', logprob: -1, alternatives: [] }] },
      { type: 'image', choice, mediaType: 'image/png', data: 'AA==' },
      { type: 'refusal', choice, text: 'No.' },
      { type: 'finish', choice, reason: 'stop' },
    ]);

    const annotation = { url: 'https://x.y', title: '', start_index: 4, end_index: 6 };
    const token = { token: 'ab', logprob: -1, bytes: null, top_logprobs: [] };
    expect(choices.slice(3)).toEqual([
      { index: 0, delta: { annotations: [{ type: 'url_citation', url_citation: annotation }] }, finish_reason: null },
      { index: 0, delta: {}, logprobs: { content: [token], refusal: null }, finish_reason: null },
      {
        index: 0,
        delta: { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' }, index: 0 }] },
        finish_reason: null,
      },
      { index: 0, delta: { refusal: 'No.' }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: 'stop' },
    ]);
  });

  test('begins and finishes every choice', () => {
    const choices = choicesOf([
      { type: 'text', choice: 0, text: 'a' },
      { type: 'text', choice: 1, text: 'b' },
      { type: 'finish', choice: 1, reason: 'length' },
      { type: 'finish', choice: 0, reason: 'stop' },
    ]);

    expect(choices).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null },
      { index: 0, delta: { content: 'a' }, finish_reason: null },
      { index: 1, delta: { role: 'assistant', content: '' }, finish_reason: null },
      { index: 1, delta: { content: 'b' }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: 'stop' },
      { index: 1, delta: {}, finish_reason: 'length' },
    ]);
  });
});
