import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  type ToolMessage,
} from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { collect } from '../../fixtures/simulated-clients.ts';
import { failureOf } from '../lab.ts';
import { pngBase64, pngDescription, weatherArguments } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();

const City = z.object({ city: z.string(), unit: z.enum(['celsius', 'kelvin']) });
const weatherTool = tool(({ city }: z.infer<typeof City>) => `rain in ${city}`, {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: City,
});

const endpoints = [
  { endpoint: 'chat completions', useResponsesApi: false },
  { endpoint: 'responses', useResponsesApi: true },
] as const;

const combinations = upstreams.flatMap((upstream) => endpoints.map((endpoint) => ({ ...upstream, ...endpoint })));

describe.each(combinations)(
  'LangChain by $endpoint at a provider that speaks $protocol',
  ({ model, name, useResponsesApi }) => {
    const chat = (simulated: string, options: object = {}): ChatOpenAI =>
      new ChatOpenAI({
        model: model(simulated),
        apiKey: matrix.gatehouse.apiKey,
        configuration: { baseURL: `${matrix.gatehouse.url}/v1` },
        maxRetries: 0,
        useResponsesApi,
        ...options,
      });

    it('answers a conversation and says what it cost', async () => {
      const answer = await chat('echo').invoke([
        new SystemMessage('You are a parrot.'),
        new HumanMessage('First question'),
        new AIMessage('First answer'),
        new HumanMessage('Second question'),
      ]);

      expect(answer.text).toBe('Second question');
      expect(answer.usage_metadata).toMatchObject({ input_tokens: 15, output_tokens: 2, total_tokens: 17 });
    });

    it('streams, with the usage at its end', async () => {
      const chunks = await collect(await chat('echo?input=100&cacheRead=40&output=9').stream('one two three'));

      const whole = chunks.reduce((before, chunk) => before.concat(chunk), new AIMessageChunk(''));
      expect(whole.text).toBe('one two three');
      expect(chunks.filter(({ text }) => text !== '').length).toBeGreaterThanOrEqual(3);
      expect(whole.usage_metadata).toMatchObject({
        input_tokens: 140,
        output_tokens: 9,
        total_tokens: 149,
        input_token_details: { cache_read: 40 },
      });
    });

    it.each([
      ['tool-call', false],
      ['tool-call', true],
      ['parallel-tools', true],
      ['reasoning', false],
      ['reasoning', true],
    ] as const)('runs a loop of tools with the model %s (streamed: %s)', async (simulated, streamed) => {
      const options = simulated === 'reasoning' ? { reasoning: { effort: 'low' } } : {};
      const bound = chat(simulated, options).bindTools([weatherTool]);
      const turn = async (messages: BaseMessage[]): Promise<AIMessage> => {
        if (!streamed) return bound.invoke(messages);
        const chunks = await collect(await bound.stream(messages));
        return chunks.reduce((before, chunk) => before.concat(chunk));
      };
      const messages: BaseMessage[] = [new HumanMessage('How is the weather?')];

      const first = await turn(messages);
      const results = await Promise.all((first.tool_calls ?? []).map((call) => weatherTool.invoke(call)));
      const second = await turn([...messages, first, ...(results as unknown as ToolMessage[])]);

      const calls = first.tool_calls ?? [];
      expect(calls.map((call) => [call.name, call.args])).toEqual(
        Array.from({ length: simulated === 'parallel-tools' ? 2 : 1 }, () => ['get_weather', weatherArguments]),
      );
      expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
      expect(second.text).toBe(calls.map(() => 'rain in sample city').join('\n'));
    });

    // As chat completions LangChain sends back nothing of an answer but its words and calls, and Google's proof is in a call's id.
    const carriesProofs = useResponsesApi ? name !== 'chat' : name === 'gemini';

    it.each(carriesProofs ? [false, true] : [])(
      'carries the proof of a thought through a loop of tools (streamed: %s)',
      async (streamed) => {
        const options = useResponsesApi
          ? {
              zdrEnabled: true,
              modelKwargs: { reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'] },
            }
          : {};
        const bound = chat('reasoning?strict=1', options).bindTools([weatherTool]);
        const question = new HumanMessage('How is the weather?');

        const first = streamed
          ? (await collect(await bound.stream([question]))).reduce((before, chunk) => before.concat(chunk))
          : await bound.invoke([question]);
        const results = await Promise.all((first.tool_calls ?? []).map((call) => weatherTool.invoke(call)));
        const second = await bound.invoke([question, first, ...(results as unknown as ToolMessage[])]);

        expect(second.text).toBe('rain in sample city');
      },
    );

    it.each(['jsonSchema', 'functionCalling'] as const)('gives structured output by %s', async (method) => {
      const simulated = method === 'jsonSchema' ? 'structured' : 'tool-call';
      const structured = chat(simulated).withStructuredOutput(City, { name: 'city', method });

      const answer = await structured.invoke('Which one?');

      expect(answer).toEqual(weatherArguments);
    });

    it('shows an image', async () => {
      const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${pngBase64}` } };

      const answer = await chat('vision').invoke([
        new HumanMessage({ content: [{ type: 'text', text: 'What is this?' }, image] }),
      ]);

      expect(answer.text).toBe(pngDescription);
    });

    it('learns why an answer ended', async () => {
      const answer = await chat('long', { maxTokens: 20 }).invoke('many words');

      const { finish_reason: reason, incomplete_details: details } = answer.response_metadata;
      expect(useResponsesApi ? details : reason).toEqual(useResponsesApi ? { reason: 'max_output_tokens' } : 'length');
    });

    it.each([
      ['overloaded', 'whole'],
      ['failing', 'whole'],
      ['failing-midstream', 'streamed'],
    ] as const)('raises what goes wrong with the model %s', async (simulated, form) => {
      const error = await failureOf(
        form === 'whole' ? chat(simulated).invoke('hi') : chat(simulated).stream('hi').then(collect),
        Error,
      );

      expect(error).toMatchObject({ code: expect.stringMatching(/^provider_(?:error|overloaded|rate_limited)$/) });
    });

    it('learns which field the provider cannot take', async () => {
      const call = chat('echo', { modelKwargs: { truncation: 'auto' } }).invoke('hi');

      if (name === 'responses' && useResponsesApi) expect((await call).text).toBe('hi');
      else await expect(call).rejects.toMatchObject({ status: 400, param: 'truncation' });
    });
  },
);
