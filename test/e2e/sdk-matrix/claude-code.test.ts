import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { ask } from '../../fixtures/simulated-clients.ts';
import { claudeCodeRequest } from './claude-code-request.ts';
import { upstreams, useMatrix } from './upstreams.ts';

const matrix = useMatrix();

/** As Claude Code sends it: a stream of the beta endpoint. */
async function send(model: string, messages: readonly Anthropic.MessageParam[]): Promise<Anthropic.Beta.BetaMessage> {
  return matrix.gatehouse.anthropic.beta.messages.stream(claudeCodeRequest(model, messages)).finalMessage();
}

describe.each(upstreams)(
  'an agent as Claude Code is one, before a provider that speaks $protocol',
  ({ name, protocol, model }) => {
    it('calls its first tool, answers its result, and is asked again', async () => {
      const opening = ask('<reminder>The date is known.</reminder> Run it');

      const called = await send(model('reasoning'), opening);
      const afterCall = [...opening, ...goOn(called, 'exit 0')];
      const answered = await send(model('reasoning'), afterCall);
      const afterAnswer = [
        ...afterCall,
        { role: 'assistant', content: answered.content as never } as const,
        ...ask('Again'),
      ];
      const again = await send(model('reasoning'), afterAnswer);

      expect(called.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
      expect(called).toMatchObject({ stop_reason: 'tool_use', usage: { output_tokens: expect.any(Number) } });
      expect(callsOf(called)).toMatchObject([{ name: 'Bash', input: { command: 'sample command' } }]);
      expect(textOf(answered)).toBe('exit 0');
      expect(callsOf(again)).toMatchObject([{ name: 'Bash' }]);
    });

    it('calls all of its tools at once, with arguments that fit its own schemas', async () => {
      const called = await send(model('parallel-tools'), ask('Do everything'));
      const answered = await send(model('parallel-tools'), [...ask('Do everything'), ...goOn(called, 'done')]);

      const inputs = Object.fromEntries(callsOf(called).map(({ name: tool, input }) => [tool, input]));
      expect(Object.keys(inputs)).toHaveLength(15);
      expect(inputs).toMatchObject({
        Todo: { todos: [{ content: 'sample content', status: 'open' }] },
        Ask: {
          questions: [{ question: 'sample question', options: [{ label: 'sample label' }, { label: 'sample label' }] }],
        },
        Plan: {},
        mcp__tracker__update: { id: 'sample id' },
      });
      expect(textOf(answered)).toBe(Array.from({ length: 15 }, () => 'done').join('\n'));
    });

    it('finds its instructions in the cache where the provider keeps one', async () => {
      await send(model('echo'), ask('Warm up'));

      const { usage } = await send(model('echo'), ask('Go'));

      expect(usage.cache_read_input_tokens, name).toBeGreaterThan(300);
      expect(usage.input_tokens).toBeLessThan(10);
    });

    it('has its instructions and its user’s words arrive unchanged, and the user’s id where every vendor has a place', async () => {
      await send(model('echo'), ask('Words of the user'));

      const sent = JSON.stringify(matrix.lastBody());
      expect(sent).toContain('client=terminal; version=2.1.0');
      expect(sent).toContain('You are an agent for software.');
      expect(sent).toContain('Words of the user');
      expect(sent.includes('user_0123')).toBe(protocol === 'anthropic-messages' || protocol === 'openai-responses');
    });
  },
);

function callsOf({ content }: Anthropic.Beta.BetaMessage): Anthropic.Beta.BetaToolUseBlock[] {
  return content.filter((block) => block.type === 'tool_use');
}

function textOf({ content }: Anthropic.Beta.BetaMessage): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

function goOn(message: Anthropic.Beta.BetaMessage, result: string): Anthropic.MessageParam[] {
  const results = callsOf(message).map(({ id }) => ({
    type: 'tool_result' as const,
    tool_use_id: id,
    content: result,
  }));
  return [
    { role: 'assistant', content: message.content as Anthropic.ContentBlockParam[] },
    { role: 'user', content: results },
  ];
}
