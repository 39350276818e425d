import { describe, expect, it } from 'vitest';
import { isWireError, type WireError } from '../../lambdas/wire/wire-error.ts';
import { type ClientProtocol, type UpstreamProtocol, upstreamProtocols } from './cases.ts';
import { requestFixture } from './fixtures.ts';
import { readFacts, targetOf, translationOf } from './pipeline.ts';
import { canonicalJson, type Json, object } from './seen.ts';

/**
 * One option of a client at a time, beside the text case: `kept` names what the provider's body must then say, by protocol; every
 * other provider must refuse the option by its path, and leave it out where the caller asks for that.
 */
interface Option {
  readonly client: ClientProtocol;
  readonly path: string;
  readonly members: Json;
  readonly kept: Partial<Record<UpstreamProtocol, string>>;
}

const options: readonly Option[] = [
  { client: 'openai-chat', path: 'n', members: { n: 2 }, kept: { gemini: '"candidateCount":2' } },
  { client: 'openai-chat', path: 'seed', members: { seed: 7 }, kept: { gemini: '"seed":7' } },
  {
    client: 'openai-chat',
    path: 'frequency_penalty',
    members: { frequency_penalty: 0.5 },
    kept: { gemini: '"frequencyPenalty":0.5' },
  },
  {
    client: 'openai-chat',
    path: 'presence_penalty',
    members: { presence_penalty: 0.5 },
    kept: { gemini: '"presencePenalty":0.5' },
  },
  {
    client: 'openai-chat',
    path: 'logprobs',
    members: { logprobs: true, top_logprobs: 3 },
    kept: { 'openai-responses': '"top_logprobs":3', gemini: '"logprobs":3' },
  },
  { client: 'openai-chat', path: 'logit_bias', members: { logit_bias: { '50256': -100 } }, kept: {} },
  {
    client: 'openai-chat',
    path: 'temperature',
    members: { temperature: 1.5 },
    kept: { 'openai-responses': '"temperature":1.5', gemini: '"temperature":1.5' },
  },
  {
    client: 'openai-responses',
    path: 'top_logprobs',
    members: { top_logprobs: 3, include: ['message.output_text.logprobs'] },
    kept: { 'openai-chat': '"top_logprobs":3', gemini: '"logprobs":3' },
  },
  { client: 'openai-responses', path: 'truncation', members: { truncation: 'auto' }, kept: {} },
  {
    client: 'anthropic-messages',
    path: 'top_k',
    members: { top_k: 5, temperature: undefined },
    kept: { gemini: '"topK":5', 'bedrock-converse': '"top_k":5' },
  },
  {
    client: 'anthropic-messages',
    path: 'mcp_servers',
    members: { mcp_servers: [{ type: 'url', url: 'https://mcp.example.com', name: 'm' }] },
    kept: {},
  },
  {
    client: 'anthropic-messages',
    path: 'context_management',
    members: { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
    kept: {},
  },
  {
    client: 'anthropic-messages',
    path: 'tool_choice.disable_parallel_tool_use',
    members: {
      tools: [{ name: 'a', input_schema: { type: 'object' } }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    },
    kept: {
      'openai-chat': '"parallel_tool_calls":false',
      'openai-responses': '"parallel_tool_calls":false',
      'bedrock-converse': '"disable_parallel_tool_use":true',
    },
  },
  {
    client: 'gemini',
    path: 'generationConfig.candidateCount',
    members: { generationConfig: { candidateCount: 2 } },
    kept: { 'openai-chat': '"n":2' },
  },
  {
    client: 'gemini',
    path: 'generationConfig.seed',
    members: { generationConfig: { seed: 7 } },
    kept: { 'openai-chat': '"seed":7' },
  },
  {
    client: 'gemini',
    path: 'generationConfig.topK',
    members: { generationConfig: { topK: 5 } },
    kept: { 'anthropic-messages': '"top_k":5', 'bedrock-converse': '"top_k":5' },
  },
  { client: 'gemini', path: 'cachedContent', members: { cachedContent: 'cachedContents/abc' }, kept: {} },
];

const cells = options.flatMap((option) =>
  upstreamProtocols
    .filter((upstream) => upstream !== option.client)
    .map((upstream) => ({ ...option, upstream, shown: option.kept[upstream] })),
);

function encode(
  { client, members }: Option,
  upstream: UpstreamProtocol,
  dropUnsupported: boolean,
): { body: string; dropped: readonly string[] } {
  const fields = { ...requestFixture(client, 'text'), ...members };
  const target = targetOf(
    upstream,
    readFacts(client, object(JSON.parse(JSON.stringify(fields))), false).maxOutputTokens,
  );
  const translation = translationOf(client, object(JSON.parse(JSON.stringify(fields))), {
    streamed: false,
    dropUnsupported,
  });
  const { value, dropped } = translation.encode(target);
  return { body: canonicalJson(value), dropped };
}

function refusalOf(run: () => unknown): WireError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isWireError(error)) return error;
    throw error;
  }
}

describe.each(cells.filter(({ shown }) => shown !== undefined))('$path of $client', (cell) => {
  it('is said in the words of its provider', () => {
    const { body, dropped } = encode(cell, cell.upstream, false);

    expect(body).toContain(cell.shown);
    expect(dropped).toEqual([]);
  });
});

describe.each(cells.filter(({ shown }) => shown === undefined))(
  '$path of $client, which $upstream does not have',
  (cell) => {
    it('is refused by its path', () => {
      const refusal = refusalOf(() => encode(cell, cell.upstream, false));

      expect(refusal?.code).toBe('parameter_not_supported');
      expect(refusal?.param).toBe(cell.path);
      expect(refusal?.message).toContain(`"${cell.path}"`);
    });

    it('is left out, and listed, where the caller asks for that', () => {
      const { dropped } = encode(cell, cell.upstream, true);

      expect(dropped).toContain(cell.path);
    });
  },
);
