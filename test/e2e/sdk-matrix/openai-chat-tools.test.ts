import type OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ask, collect } from '../../fixtures/simulated-clients.ts';
import { timeArguments, timeSchema, weatherArguments, weatherSchema } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();
const chat = (): OpenAI.Chat.Completions => matrix.gatehouse.openai.chat.completions;

type Message = OpenAI.ChatCompletionMessageParam;

const weatherTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather in a city', parameters: weatherSchema },
} as const;
const timeTool = { type: 'function', function: { name: 'get_time', parameters: timeSchema } } as const;

describe.each(upstreams)('tools of chat clients at a provider that speaks $protocol', ({ name, model }) => {
  it('are called, and their results answered', async () => {
    const request = { model: model('tool-call'), tools: [weatherTool] };
    const messages: Message[] = [{ role: 'system', content: 'Be short.' }, ...ask('How is the weather?')];

    const first = await chat().create({ ...request, messages });
    const [choice] = first.choices;
    const call = requireCall(choice?.message.tool_calls?.[0]);
    messages.push(sendBack(choice?.message), {
      role: 'tool',
      tool_call_id: call.id,
      content: 'rain, 12 degrees',
    });
    const second = await chat().create({ ...request, messages });

    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.content).toBeNull();
    expect(choice?.message.tool_calls).toHaveLength(1);
    expect(call.function.name).toBe('get_weather');
    expect(JSON.parse(call.function.arguments)).toEqual(weatherArguments);
    expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'rain, 12 degrees' } });
  });

  it('are called in a stream piece by piece', async () => {
    const stream = await chat().create({
      model: model('tool-call'),
      messages: ask('How is the weather?'),
      tools: [weatherTool],
      stream: true,
    });

    const chunks = await collect(stream);

    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather', arguments: '' } });
    expect(deltas[0]?.id).toMatch(/./);
    expect(deltas.slice(1).filter((delta) => delta.id !== undefined || delta.index !== 0)).toEqual([]);
    const given = deltas.map((delta) => delta.function?.arguments ?? '').join('');
    expect(JSON.parse(given)).toEqual(weatherArguments);
    // Google sends a call as a whole.
    expect(deltas.length).toBeGreaterThanOrEqual(name === 'gemini' ? 2 : 3);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it.each([false, true])('are called in parallel and answered in one turn (streamed: %s)', async (streamed) => {
    const request = { model: model('parallel-tools'), tools: [weatherTool, timeTool] };
    const messages: Message[] = ask('Weather and time?');

    const first = streamed
      ? await chat()
          .stream({ ...request, messages })
          .finalChatCompletion()
      : await chat().create({ ...request, messages });
    const calls = (first.choices[0]?.message.tool_calls ?? []).map(requireCall);
    messages.push(
      sendBack(first.choices[0]?.message),
      ...calls.map(({ id, function: { name: called } }): Message => {
        return { role: 'tool', tool_call_id: id, content: `result of ${called}` };
      }),
    );
    const second = await chat().create({ ...request, messages });

    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)])).toEqual([
      ['get_weather', weatherArguments],
      ['get_time', timeArguments],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(second.choices[0]?.message.content).toBe('result of get_weather\nresult of get_time');
  });

  it('called twice with one name keep their ids apart', async () => {
    const request = { model: model('parallel-tools'), tools: [weatherTool] };
    const messages: Message[] = ask('Weather here and there?');

    const first = await chat()
      .stream({ ...request, messages })
      .finalChatCompletion();
    const calls = (first.choices[0]?.message.tool_calls ?? []).map(requireCall);
    messages.push(
      sendBack(first.choices[0]?.message),
      ...calls.map(({ id }, index): Message => ({ role: 'tool', tool_call_id: id, content: `result ${index}` })),
    );
    const second = await chat().create({ ...request, messages });

    expect(calls).toHaveLength(2);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(second.choices[0]?.message.content).toBe('result 0\nresult 1');
  });

  it('are called one at a time where the client wants that', async () => {
    const request = {
      model: model('parallel-tools'),
      messages: ask('Weather and time?'),
      tools: [weatherTool, timeTool],
      parallel_tool_calls: false,
    };

    const call = chat().create(request);

    if (name === 'gemini') await expect(call).rejects.toMatchObject({ param: 'parallel_tool_calls' });
    else expect((await call).choices[0]?.message.tool_calls).toHaveLength(1);
  });

  it.each(['required', { type: 'function', function: { name: 'get_weather' } }] as const)(
    'are called when they must be: %j',
    async (choice) => {
      const answer = await chat().create({
        model: model('tool-call'),
        messages: ask('Go'),
        tools: [weatherTool],
        tool_choice: choice,
        reasoning_effort: 'low',
      });

      expect(answer.choices[0]?.message.tool_calls).toHaveLength(1);
    },
  );

  // Google's proof of a thought travels in the call's id, which is all that this runner sends back of it.
  it.each(['tool-call', 'parallel-tools', 'reasoning', ...(name === 'gemini' ? ['reasoning?strict=1'] : [])])(
    'are run by the streaming tool runner with the model %s',
    async (simulated) => {
      const ran: unknown[] = [];
      const runner = chat().runTools({
        model: model(simulated),
        messages: ask('How is the weather?'),
        stream: true,
        ...(simulated.startsWith('reasoning') && { reasoning_effort: 'low' as const }),
        tools: [
          {
            type: 'function',
            function: {
              name: 'get_weather',
              description: 'The weather',
              parameters: structuredClone<object>(weatherSchema),
              parse: (text: string): unknown => JSON.parse(text),
              function: (given: unknown) => {
                ran.push(given);
                return 'rain';
              },
            },
          },
        ],
      });

      const content = await runner.finalContent();

      const times = simulated === 'parallel-tools' ? 2 : 1;
      expect(ran).toEqual(Array.from({ length: times }, () => weatherArguments));
      expect(content).toBe(Array.from({ length: times }, () => 'rain').join('\n'));
    },
  );
});

describe.each(upstreams)('structured output of a provider that speaks $protocol', ({ model }) => {
  const Event = z.object({ title: z.string(), day: z.enum(['monday', 'friday']), guests: z.array(z.string()) });

  it('is parsed by the SDK', async () => {
    const answer = await chat().parse({
      model: model('structured'),
      messages: ask('When?'),
      response_format: zodResponseFormat(Event, 'event'),
    });

    expect(answer.choices[0]?.message.parsed).toEqual({
      title: 'sample title',
      day: 'monday',
      guests: [expect.any(String)],
    });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
  });

  it('is parsed by the SDK at the end of a stream', async () => {
    const stream = chat().stream({
      model: model('structured'),
      messages: ask('When?'),
      response_format: zodResponseFormat(Event, 'event'),
    });

    const answer = await stream.finalChatCompletion();

    expect(answer.choices[0]?.message.parsed).toMatchObject({ title: 'sample title', day: 'monday' });
  });
});

describe.each(upstreams)('reasoning of a provider that speaks $protocol', ({ name, model }) => {
  const thought = 'The user wants these words back, so that is my answer.';
  /** Those who hide it by default are asked to show it, as OpenRouter’s clients do. */
  const shown =
    name === 'chat' ? { reasoning_effort: 'low' as const } : { reasoning: { effort: 'low', exclude: false } };

  // Converse does not say how much of the output was thought.
  const countsThoughts = name !== 'bedrock';

  it('is there beside the answer', async () => {
    const answer = await chat().create({ model: model('reasoning'), messages: ask('Say it'), ...shown });

    expect(answer.choices[0]?.message).toMatchObject({ content: 'Say it', reasoning_content: thought });
    expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBe(countsThoughts ? 11 : 0);
  });

  it('streams before the answer', async () => {
    const request = { model: model('reasoning'), messages: ask('Say it'), stream: true, ...shown } as const;

    const deltas = (await collect(await chat().create(request))).map(({ choices }) => choices[0]?.delta ?? {});

    const thoughts = deltas.map((delta) => ('reasoning_content' in delta ? String(delta.reasoning_content) : ''));
    expect(thoughts.join('')).toBe(thought);
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe('Say it');
    expect(deltas.findLastIndex((_, index) => thoughts[index] !== '')).toBeLessThan(
      deltas.findIndex(({ content }) => Boolean(content)),
    );
  });

  it.each([false, true])('goes back with the result of a tool (streamed: %s)', async (streamed) => {
    const request = { model: model('reasoning?strict=1'), tools: [weatherTool], ...shown };
    const messages: Message[] = ask('How is the weather?');

    const first = streamed
      ? await chat()
          .stream({ ...request, messages })
          .finalChatCompletion()
      : await chat().create({ ...request, messages });
    const call = requireCall(first.choices[0]?.message.tool_calls?.[0]);
    messages.push(sendBack(first.choices[0]?.message), { role: 'tool', tool_call_id: call.id, content: 'rain' });
    const second = await chat().create({ ...request, messages });

    expect(second.choices[0]?.message.content).toBe('rain');
  });
});

function requireCall(
  call: OpenAI.ChatCompletionMessageToolCall | undefined,
): OpenAI.ChatCompletionMessageFunctionToolCall {
  if (call?.type !== 'function') throw new Error('no function was called');
  return call;
}

/** What a client remembers of an answer: all of it, but for what the SDK's helpers add, which OpenAI refuses. */
function sendBack(message: OpenAI.ChatCompletionMessage | undefined): OpenAI.ChatCompletionAssistantMessageParam {
  if (message === undefined) throw new Error('there is no message');
  const { parsed: _, tool_calls: calls, ...rest } = message as OpenAI.ChatCompletionMessage & { parsed?: unknown };
  if (calls === undefined) return rest;
  const called = calls.map(requireCall).map(({ id, function: { name, arguments: given } }) => {
    return { id, type: 'function' as const, function: { name, arguments: given } };
  });
  return { ...rest, tool_calls: called };
}
