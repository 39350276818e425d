import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, isStepCount, type LanguageModel, Output, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { failureOf } from '../lab.ts';
import { pdfBase64, pngBase64, pngDescription } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();
const endpoint = (path: string) => ({ baseURL: `${matrix.gatehouse.url}${path}`, apiKey: matrix.gatehouse.apiKey });

type ProviderOptions = NonNullable<Parameters<typeof generateText>[0]['providerOptions']>;

interface Client {
  readonly name: string;
  readonly create: (id: string) => LanguageModel;
  /** How each vendor's package is asked for thoughts that are shown. */
  readonly thinking: ProviderOptions;
  /** What it takes for a schema to be sent as one. */
  readonly structured?: ProviderOptions;
}

/** The package knows OpenAI's models by their names, and takes others for ones that do not reason. */
const openaiThinks = { forceReasoning: true, reasoningEffort: 'high', reasoningSummary: 'auto' };

const clients: readonly Client[] = [
  {
    name: 'responses of @ai-sdk/openai',
    create: (id) => createOpenAI(endpoint('/v1')).responses(id),
    // Gatehouse stores nothing, and without this the package would refer to stored items.
    thinking: { openai: { ...openaiThinks, store: false } },
  },
  {
    name: 'chat of @ai-sdk/openai',
    create: (id) => createOpenAI(endpoint('/v1')).chat(id),
    thinking: { openai: { forceReasoning: true, reasoningEffort: 'high' } },
  },
  {
    name: '@ai-sdk/anthropic',
    create: (id) => createAnthropic(endpoint('/v1'))(id),
    thinking: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } },
    structured: { anthropic: { structuredOutputMode: 'outputFormat' } },
  },
  {
    name: '@ai-sdk/google',
    create: (id) => createGoogle(endpoint('/v1beta'))(id),
    thinking: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } } },
  },
];

const maxRetries = 0;
const weather = z.object({ city: z.string(), days: z.number().int() });

describe.each(clients)('$name', ({ name: clientName, create, thinking, structured }) => {
  describe.each(upstreams)('before a provider that speaks $protocol', ({ protocol, model }) => {
    const settings = (simulated: string) => ({ model: create(model(simulated)), maxRetries });

    it('generates text', async () => {
      const result = await generateText({
        ...settings('echo'),
        instructions: 'You are terse.',
        prompt: 'one two three',
      });

      expect(result.text).toBe('one two three');
      expect(result.finishReason).toBe('stop');
      expect(result.usage).toMatchObject({ inputTokens: 7, outputTokens: 3 });
      expect(JSON.stringify(matrix.lastBody())).toContain('You are terse.');
    });

    it('streams text', async () => {
      const parts: string[] = [];
      const result = streamText({ ...settings('echo'), prompt: 'one two three' });

      for await (const part of result.textStream) parts.push(part);

      expect(parts.join('')).toBe('one two three');
      expect(parts.length).toBeGreaterThan(1);
      expect(await result.finishReason).toBe('stop');
      expect(await result.usage).toMatchObject({ inputTokens: 4, outputTokens: 3 });
    });

    it('runs tools over several steps', async () => {
      const { tools, called } = createTools();

      const result = await generateText({
        ...settings('parallel-tools'),
        tools,
        stopWhen: isStepCount(3),
        prompt: 'Weather and time?',
      });

      expect(called).toEqual(['weather of sample city for 1', 'time of sample zone']);
      expect(result.steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
      expect(result.text).toContain('It rains');
      expect(result.text).toContain('noon');
    });

    it('runs tools over several steps while it streams', async () => {
      const { tools, called } = createTools();

      const result = streamText({
        ...settings('parallel-tools'),
        tools,
        stopWhen: isStepCount(3),
        prompt: 'Weather and time?',
      });
      await result.consumeStream();

      expect(called).toEqual(['weather of sample city for 1', 'time of sample zone']);
      expect(await result.text).toContain('It rains');
      expect((await result.steps).map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    });

    // What a model of an unknown vendor of chat completions wants back is not known, so nothing is sent.
    const reasoning = protocol === 'openai-chat' ? 'reasoning' : 'reasoning?strict=1';

    // The chat client of OpenAI's package reads no reasoning.
    it.each(clientName === 'chat of @ai-sdk/openai' ? [] : [false, true])(
      'thinks through a loop of tools (streamed: %s)',
      async (streamed) => {
        const { tools, called } = createTools();
        const asked = {
          // Google's package takes no question mark in a name.
          ...settings(clientName === '@ai-sdk/google' ? 'reasoning' : reasoning),
          tools: { get_weather: tools.get_weather },
          stopWhen: isStepCount(3),
          providerOptions: thinking,
          prompt: 'Weather?',
        };

        const steps = streamed ? await streamText(asked).steps : (await generateText(asked)).steps;

        expect(called).toEqual(['weather of sample city for 1']);
        expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
        for (const { reasoningText } of steps) expect(reasoningText).toContain('The user wants');
        expect(steps.at(-1)?.text).toContain('It rains');
      },
    );

    it('answers in the form of a schema', async () => {
      const asked = {
        ...settings('structured'),
        output: Output.object({ schema: weather }),
        ...(structured && { providerOptions: structured }),
        prompt: 'The weather, please',
      };

      const whole = await generateText(asked);
      const streamed = streamText(asked);

      expect(whole.output).toEqual({ city: 'sample city', days: 1 });
      expect(await streamed.output).toEqual({ city: 'sample city', days: 1 });
    });

    if (clientName === '@ai-sdk/anthropic') {
      it('answers in the form of a schema by a forced call', async () => {
        const answer = generateText({
          ...settings('tool-call'),
          output: Output.object({ schema: weather }),
          providerOptions: { anthropic: { structuredOutputMode: 'jsonTool' } },
          prompt: 'The weather, please',
        });

        if (protocol === 'gemini') {
          // The package allows one call at a time, and Gemini cannot be told that.
          expect((await failureOf(answer, APICallError)).message).toContain('tool_choice.disable_parallel_tool_use');
          return;
        }
        expect((await answer).output).toEqual({ city: 'sample city', days: 1 });
      });
    }

    it('sees images and documents arrive whole', async () => {
      const show = async (simulated: string, mediaType: string, data: string) => {
        const file = { type: 'file', mediaType, data, filename: 'paper' } as const;
        const content = [file, { type: 'text', text: 'What is it?' } as const];
        return (await generateText({ ...settings(simulated), messages: [{ role: 'user', content }] })).text;
      };

      expect(await show('vision', 'image/png', pngBase64)).toBe(pngDescription);
      expect(await show('document', 'application/pdf', pdfBase64)).toMatch(/^document 1: application\/pdf, 45 bytes/);
    });

    it('is told that the answer was cut', async () => {
      const words = Array.from({ length: 20 }, (_, index) => `word${index}`).join(' ');

      const result = await generateText({ ...settings('echo'), maxOutputTokens: 16, prompt: words });

      expect(result.finishReason).toBe('length');
    });

    it('is told that the model refuses', async () => {
      const result = await generateText({ ...settings('filtered'), prompt: 'Something bad' });

      expect(result.finishReason).toBe('content-filter');
    });

    it.each([
      ['unheard-of', false],
      ['overloaded', true],
      ['failing', true],
    ])('raises an error for the model %s', async (simulated, isRetryable) => {
      const failure = await failureOf(generateText({ ...settings(simulated), prompt: 'hi' }), APICallError);

      expect(failure.isRetryable).toBe(isRetryable);
      expect(failure.message).not.toBe('');
    });

    it('has a stream that fails on the way end in an error', async () => {
      const errors: unknown[] = [];
      const result = streamText({
        ...settings('failing-midstream'),
        prompt: 'one two three four',
        onError: ({ error }) => void errors.push(error),
      });
      await result.consumeStream();

      expect(errors).toHaveLength(1);
    });
  });
});

function createTools() {
  const called: string[] = [];
  const tools = {
    get_weather: tool({
      description: 'Weather of a city',
      inputSchema: weather,
      execute: async ({ city, days }) => {
        called.push(`weather of ${city} for ${days}`);
        return 'It rains';
      },
    }),
    get_time: tool({
      description: 'Time of a zone',
      inputSchema: z.object({ zone: z.string() }),
      execute: async ({ zone }) => {
        called.push(`time of ${zone}`);
        return { time: 'noon' };
      },
    }),
  };
  return { tools, called };
}
