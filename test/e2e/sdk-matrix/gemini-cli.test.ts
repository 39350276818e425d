import { ApiError, type Content, type GenerateContentResponse, GoogleGenAI, type Part } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { collect } from '../../fixtures/simulated-clients.ts';
import { failureOf } from '../lab.ts';
import { geminiCliRequest } from './gemini-cli-request.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();

/** The program lets its user set headers. */
function client(headers: Record<string, string> = { 'x-gatehouse-drop-unsupported': 'true' }): GoogleGenAI {
  return new GoogleGenAI({ apiKey: matrix.gatehouse.apiKey, httpOptions: { baseUrl: matrix.gatehouse.url, headers } });
}

/** Its history keeps each chunk's parts in order. */
async function send(model: string, contents: Content[]): Promise<Content> {
  const chunks: GenerateContentResponse[] = await collect(
    await client().models.generateContentStream(geminiCliRequest(model, contents)),
  );
  return { role: 'model', parts: chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []) };
}

describe.each(upstreams)(
  'an agent as Gemini CLI is one, before a provider that speaks $protocol',
  ({ protocol, model }) => {
    it('calls its first function, answers its response, and is asked again', async () => {
      const opening = [say('Run it')];

      const called = await send(model('reasoning'), opening);
      const afterCall = [...opening, called, respond(called, 'exit 0')];
      const answered = await send(model('reasoning'), afterCall);
      const again = await send(model('reasoning'), [...afterCall, answered, say('Again')]);

      expect(called.parts?.[0]).toMatchObject({ thought: true, text: expect.any(String) });
      expect(callsOf(called)).toMatchObject([{ name: 'run_shell_command', args: { command: 'sample command' } }]);
      expect(textOf(answered)).toBe('exit 0');
      expect(callsOf(again)).toMatchObject([{ name: 'run_shell_command' }]);
    });

    it('calls all of its functions at once, with arguments that fit its own schemas', async () => {
      const opening = [say('Do everything')];

      const called = await send(model('parallel-tools'), opening);
      const answered = await send(model('parallel-tools'), [...opening, called, respond(called, 'done')]);

      expect(callsOf(called)).toMatchObject([
        { name: 'run_shell_command', args: { command: 'sample command' } },
        { name: 'read_many_files', args: { include: ['sample include'] } },
        { name: 'replace', args: { path: 'sample path', mode: 'first' } },
        { name: 'list_tasks' },
        { name: 'mcp_tracker__find', args: { filter: 'sample filter' } },
      ]);
      expect(textOf(answered)).toBe('done\ndone\ndone\ndone\ndone');
    });

    it('is told which options the provider does not have', async () => {
      const request = geminiCliRequest(model('echo'), [say('hi')]);

      if (protocol === 'gemini') {
        expect((await client({}).models.generateContent(request)).text).toBe('hi');
        return;
      }
      const refusal = await failureOf(client({}).models.generateContent(request), ApiError);
      expect(refusal.status).toBe(400);
      expect(refusal.message).toContain('generationConfig.topK');
    });
  },
);

function say(text: string): Content {
  return { role: 'user', parts: [{ text }] };
}

function callsOf({ parts = [] }: Content): NonNullable<Part['functionCall']>[] {
  return parts.flatMap(({ functionCall }) => functionCall ?? []);
}

function textOf({ parts = [] }: Content): string {
  return parts.map(({ text = '', thought }) => (thought ? '' : text)).join('');
}

function respond(content: Content, output: string): Content {
  const parts = callsOf(content).map(({ id, name = '' }) => ({
    functionResponse: { ...(id !== undefined && { id }), name, response: { output } },
  }));
  return { role: 'user', parts };
}
