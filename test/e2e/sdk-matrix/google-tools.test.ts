import {
  type CallableTool,
  type Content,
  createPartFromFunctionResponse,
  FunctionCallingConfigMode,
  type FunctionDeclaration,
  type GenerateContentConfig,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
  Type,
} from '@google/genai';
import { describe, expect, it } from 'vitest';
import { collect } from '../../fixtures/simulated-clients.ts';
import { timeArguments, timeSchema, weatherArguments } from './samples.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();

const google = (): GoogleGenAI =>
  new GoogleGenAI({ apiKey: matrix.gatehouse.apiKey, httpOptions: { baseUrl: matrix.gatehouse.url } });

/** One in Google's own schema, one in JSON schema: clients write both. */
const functionDeclarations: FunctionDeclaration[] = [
  {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: {
      type: Type.OBJECT,
      properties: { city: { type: Type.STRING }, unit: { type: Type.STRING, enum: ['celsius', 'kelvin'] } },
      required: ['city', 'unit'],
    },
  },
  { name: 'get_time', description: 'Time of a zone', parametersJsonSchema: timeSchema },
];
const tools = [{ functionDeclarations }];

interface Asked {
  readonly model: string;
  readonly contents: Content[];
  readonly config?: GenerateContentConfig;
}

/** Both ways to get a turn of the model. A stream's is all of its parts in order, as chats keep it. */
const ways = [
  ['whole', async (asked: Asked) => turnOf([await google().models.generateContent(asked)])],
  ['streamed', async (asked: Asked) => turnOf(await collect(await google().models.generateContentStream(asked)))],
] as const;

function turnOf(chunks: readonly GenerateContentResponse[]): {
  readonly content: Content;
  readonly finishReason: unknown;
} {
  const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
  const finishReason = chunks.findLast(({ candidates }) => candidates?.[0]?.finishReason)?.candidates?.[0]
    ?.finishReason;
  return { content: { role: 'model', parts }, finishReason };
}

describe.each(upstreams)(
  'Google’s client with functions before a provider that speaks $protocol',
  ({ protocol, model }) => {
    describe.each(ways)('%s', (_, request) => {
      it('calls a function and gets an answer to its response', async () => {
        const asked = { model: model('tool-call'), contents: [say('How is the weather?')], config: { tools } };

        const called = await request(asked);
        const answered = await request({
          ...asked,
          contents: [...asked.contents, ...goOn(called.content, 'It rains')],
        });

        expect(called.finishReason).toBe('STOP');
        expect(callsOf(called.content)).toMatchObject([{ name: 'get_weather', args: weatherArguments }]);
        expect(textOf(answered.content)).toBe('It rains get_weather');
      });

      it('calls several functions at once, and needs no ids to answer them', async () => {
        const asked = { model: model('parallel-tools'), contents: [say('Weather and time?')], config: { tools } };

        const called = await request(asked);
        const withIds = await request({ ...asked, contents: [...asked.contents, ...goOn(called.content, 'Fine')] });
        const turns = withoutIds(goOn(called.content, 'Fine'));
        const withoutAny = await request({ ...asked, contents: [...asked.contents, ...turns] });

        expect(callsOf(called.content)).toMatchObject([
          { name: 'get_weather', args: weatherArguments },
          { name: 'get_time', args: timeArguments },
        ]);
        for (const { content } of [withIds, withoutAny])
          expect(textOf(content)).toBe('Fine get_weather\nFine get_time');
      });

      it('thinks through a loop of functions', async () => {
        const config = { tools, thinkingConfig: { includeThoughts: true } };
        const asked = { model: model('reasoning'), contents: [say('How is the weather?')], config };

        const called = await request(asked);
        const contents = [...asked.contents, ...goOn(called.content, 'It rains')];
        const answered = await request({ ...asked, contents });
        const again = await request({ ...asked, contents: [...contents, answered.content, say('And now?')] });

        expect(called.content.parts?.some(({ thought }) => thought)).toBe(true);
        const [part] = called.content.parts?.filter(({ functionCall }) => functionCall) ?? [];
        if (protocol === 'gemini') expect(part?.thoughtSignature).toMatch(/.{20}/);
        expect(textOf(answered.content)).toBe('It rains get_weather');
        expect(callsOf(again.content)).toMatchObject([{ name: 'get_weather' }]);
      });

      it('thinks through a loop without thoughts in sight', async () => {
        const asked = { model: model('reasoning'), contents: [say('How is the weather?')], config: { tools } };

        const called = await request(asked);
        const answered = await request({
          ...asked,
          contents: [...asked.contents, ...goOn(called.content, 'It rains')],
        });

        expect(textOf(answered.content)).toBe('It rains get_weather');
      });

      it('calls the function that it is made to, and none where it may not', async () => {
        const ask = (functionCallingConfig: object) =>
          request({
            model: model('tool-call'),
            contents: [say('How is the weather?')],
            config: { tools, toolConfig: { functionCallingConfig } },
          });

        const forced = await ask({ mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['get_time'] });
        const none = await ask({ mode: FunctionCallingConfigMode.NONE });

        expect(callsOf(forced.content)).toMatchObject([{ name: 'get_time' }]);
        expect(textOf(none.content)).toBe('How is the weather?');
      });

      it('moves on to another provider with thoughts and calls that are not its own', async () => {
        const config = { tools, thinkingConfig: { includeThoughts: true } };
        const opening = [say('How is the weather?')];
        const called = await request({ model: model('reasoning'), contents: opening, config });

        const contents = [...opening, ...goOn(called.content, 'It rains')];
        const answers = [];
        for (const other of upstreams)
          answers.push(await request({ model: other.model('tool-call'), contents, config }));

        for (const { content } of answers) expect(textOf(content)).toBe('It rains get_weather');
      });
    });

    it('runs its functions by itself', async () => {
      const { called, tool } = callable();

      const answer = await google().models.generateContent({
        model: model('parallel-tools'),
        contents: 'Weather and time?',
        config: { tools: [tool] },
      });

      expect(called).toMatchObject([
        { name: 'get_weather', args: weatherArguments },
        { name: 'get_time', args: timeArguments },
      ]);
      expect(answer.text).toBe('Done get_weather\nDone get_time');
    });

    it('runs its functions by itself while it streams', async () => {
      const { called, tool } = callable();

      const chunks = await collect(
        await google().models.generateContentStream({
          model: model('reasoning'),
          contents: 'How is the weather?',
          config: { tools: [tool] },
        }),
      );

      expect(called).toMatchObject([{ name: 'get_weather', args: weatherArguments }]);
      expect(textOf(turnOf(chunks).content)).toBe('Done get_weather');
    });
  },
);

function callable(): { readonly called: unknown[]; readonly tool: CallableTool } {
  const called: unknown[] = [];
  const tool: CallableTool = {
    tool: async () => ({ functionDeclarations }),
    callTool: async (calls) => {
      called.push(...calls);
      return calls.map(({ id = '', name = '' }) =>
        createPartFromFunctionResponse(id, name, { output: `Done ${name}` }),
      );
    },
  };
  return { called, tool };
}

function say(text: string): Content {
  return { role: 'user', parts: [{ text }] };
}

function callsOf({ parts = [] }: Content): NonNullable<Part['functionCall']>[] {
  return parts.flatMap(({ functionCall }) => functionCall ?? []);
}

function textOf({ parts = [] }: Content): string {
  return parts.map(({ text = '', thought }) => (thought ? '' : text)).join('');
}

function goOn(content: Content, result: string): Content[] {
  const parts = callsOf(content).map(({ id, name = '' }) => ({
    functionResponse: { ...(id !== undefined && { id }), name, response: { output: `${result} ${name}` } },
  }));
  return [content, { role: 'user', parts }];
}

/** As clients send it that were written before calls had ids. */
function withoutIds(contents: readonly Content[]): Content[] {
  return JSON.parse(JSON.stringify(contents), (key, value: unknown) => (key === 'id' ? undefined : value)) as Content[];
}
