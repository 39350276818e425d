import type Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ask } from '../../fixtures/simulated-clients.ts';
import { pngBase64, pngDescription, timeArguments, timeSchema, weatherArguments, weatherSchema } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();
const anthropic = (): Anthropic => matrix.gatehouse.anthropic;
const max_tokens = 4000;

const tools = [
  { name: 'get_weather', description: 'Weather of a city', input_schema: weatherSchema },
  { name: 'get_time', description: 'Time of a zone', input_schema: timeSchema },
] as unknown as Anthropic.Tool[];

type Asked = Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream'>;

/** Both ways to get a message. */
const ways = [
  ['whole', (asked: Asked) => anthropic().messages.create(asked)],
  ['streamed', (asked: Asked) => anthropic().messages.stream(asked).finalMessage()],
] as const;

describe.each(upstreams)(
  'Anthropic’s client with tools before a provider that speaks $protocol',
  ({ protocol, model }) => {
    describe.each(ways)('%s', (_, request) => {
      it('calls a tool and gets an answer to its result', async () => {
        const asked = { model: model('tool-call'), max_tokens, tools, messages: ask('How is the weather?') };

        const called = await request(asked);
        const answered = await request({ ...asked, messages: [...asked.messages, ...answerCalls(called, 'It rains')] });

        expect(called.stop_reason).toBe('tool_use');
        expect(callsOf(called)).toMatchObject([{ name: 'get_weather', input: weatherArguments }]);
        expect(answered.stop_reason).toBe('end_turn');
        expect(answered.content).toMatchObject([{ type: 'text', text: 'It rains get_weather' }]);
      });

      it('calls several tools at once and gets an answer to all results', async () => {
        const asked = { model: model('parallel-tools'), max_tokens, tools, messages: ask('Weather and time?') };

        const called = await request(asked);
        const answered = await request({ ...asked, messages: [...asked.messages, ...answerCalls(called, 'Fine')] });

        const calls = callsOf(called);
        expect(calls).toMatchObject([
          { name: 'get_weather', input: weatherArguments },
          { name: 'get_time', input: timeArguments },
        ]);
        expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
        expect(answered.content).toMatchObject([{ type: 'text', text: 'Fine get_weather\nFine get_time' }]);
      });

      it('calls one tool at a time where it is told to, or is refused', async () => {
        const choice = { type: 'auto', disable_parallel_tool_use: true } as const;
        const asked = {
          model: model('parallel-tools'),
          max_tokens,
          tools,
          tool_choice: choice,
          messages: ask('Both?'),
        };
        if (protocol === 'gemini') {
          await expect(request(asked)).rejects.toThrow(/disable_parallel_tool_use/);
          return;
        }

        const called = await request(asked);

        expect(callsOf(called)).toHaveLength(1);
      });

      it('calls the tool that it is made to', async () => {
        const choice = { type: 'tool', name: 'get_time' } as const;

        const called = await request({
          model: model('tool-call'),
          max_tokens,
          tools,
          tool_choice: choice,
          messages: ask('How is the weather?'),
        });

        expect(callsOf(called)).toMatchObject([{ name: 'get_time', input: timeArguments }]);
      });

      it('gets a result with an image through, and one that is an error', async () => {
        const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pngBase64 } } as const;
        const asked = { max_tokens, tools, messages: ask('What is the weather, and the time?') };
        const called = await request({ ...asked, model: model('parallel-tools') });
        const [weather, time] = callsOf(called);

        const answered = await request({
          ...asked,
          model: model('vision'),
          messages: [
            ...asked.messages,
            { role: 'assistant', content: called.content },
            {
              role: 'user',
              content: [
                {
                  type: 'tool_result',
                  tool_use_id: weather?.id ?? '',
                  content: [{ type: 'text', text: 'See' }, image],
                },
                { type: 'tool_result', tool_use_id: time?.id ?? '', is_error: true, content: 'No such zone' },
                { type: 'text', text: 'Well?' },
              ],
            },
          ],
        });

        expect(textOf(answered)).toBe(pngDescription);
        expect(JSON.stringify(matrix.lastBody())).toMatch(/No such zone.*Well\?/);
      });

      // What a model of an unknown vendor of chat completions wants back is not known, so nothing is sent.
      it.each(protocol === 'openai-chat' ? ['reasoning'] : ['reasoning', 'reasoning?strict=1'])(
        'thinks through a loop of tools: %s',
        async (simulated) => {
          const asked = {
            model: model(simulated),
            max_tokens,
            tools,
            thinking: { type: 'adaptive', display: 'summarized' } as const,
            messages: ask('How is the weather?'),
          };

          const called = await request(asked);
          const messages = [...asked.messages, ...answerCalls(called, 'It rains')];
          const answered = await request({ ...asked, messages });
          const later = [...messages, { role: 'assistant' as const, content: answered.content }, ...ask('And now?')];
          const again = await request({ ...asked, messages: later });

          expect(called.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
          expect(called.content[0]).toMatchObject({ thinking: expect.stringContaining('The user wants') });
          // The text is last, also of Gemini, which signs it: Claude Code takes the last block for the answer.
          expect(answered.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
          expect(answered.content[1]).toMatchObject({ text: 'It rains get_weather' });
          expect(callsOf(again)).toMatchObject([{ name: 'get_weather' }]);
        },
      );

      it('thinks within a budget', async () => {
        const message = await request({
          model: model('reasoning'),
          max_tokens,
          thinking: { type: 'enabled', budget_tokens: 2000 },
          messages: ask('one two'),
        });

        expect(message.content.slice(0, 2)).toMatchObject([{ type: 'thinking' }, { type: 'text', text: 'one two' }]);
      });

      it('moves on to another provider with thoughts and calls that are not its own', async () => {
        const asked = {
          max_tokens,
          tools,
          thinking: { type: 'adaptive' } as const,
          messages: ask('How is the weather?'),
        };
        const called = await request({ ...asked, model: model('reasoning') });

        const messages = [...asked.messages, ...answerCalls(called, 'It rains')];
        const answers = [];
        for (const other of upstreams)
          answers.push(await request({ ...asked, messages, model: other.model('tool-call') }));

        for (const answer of answers) expect(textOf(answer)).toBe('It rains get_weather');
      });
    });

    it('shows a streamed call while it is written', async () => {
      const parts: string[] = [];
      const snapshots: unknown[] = [];
      const thoughts: string[] = [];
      const stream = anthropic()
        .messages.stream({
          model: model('reasoning'),
          max_tokens,
          tools,
          thinking: { type: 'adaptive', display: 'summarized' },
          messages: ask('Weather?'),
        })
        .on('inputJson', (part, snapshot) => void (parts.push(part), snapshots.push(snapshot)))
        .on('thinking', (thought) => thoughts.push(thought));

      const message = await stream.finalMessage();

      expect(JSON.parse(parts.join(''))).toEqual(weatherArguments);
      expect(snapshots.at(-1)).toEqual(weatherArguments);
      expect(thoughts.join('')).toContain('The user wants');
      expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
    });

    it.each([false, true])('runs its tools by itself (streamed: %s)', async (stream) => {
      const seen: unknown[] = [];
      const weather = betaZodTool({
        name: 'get_weather',
        description: 'Weather of a city',
        inputSchema: z.object({ city: z.string(), days: z.number().int() }),
        run: (input) => {
          seen.push(input);
          return 'It rains';
        },
      });
      const runner = anthropic().beta.messages.toolRunner({
        model: model('parallel-tools'),
        max_tokens,
        tools: [weather],
        messages: ask('Weather?'),
        stream,
      });

      const final = await runner.runUntilDone();

      expect(seen).toEqual([
        { city: 'sample city', days: 1 },
        { city: 'sample city', days: 1 },
      ]);
      expect(final.content).toMatchObject([{ type: 'text', text: 'It rains\nIt rains' }]);
    });
  },
);

function callsOf({ content }: Anthropic.Message): Anthropic.ToolUseBlock[] {
  return content.filter((block) => block.type === 'tool_use');
}

function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** The message itself and the results of its calls, as an agent goes on. */
function answerCalls(message: Anthropic.Message, result: string): Anthropic.MessageParam[] {
  const results = callsOf(message).map(({ id, name }) => ({
    type: 'tool_result' as const,
    tool_use_id: id,
    content: `${result} ${name}`,
  }));
  return [
    { role: 'assistant', content: message.content },
    { role: 'user', content: results },
  ];
}
