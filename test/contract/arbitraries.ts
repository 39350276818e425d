import fc from 'fast-check';
import type { TokenUsage } from '../../lambdas/metering/token-usage.ts';
import type { OpaqueState, StateOrigin } from '../../lambdas/wire/canonical/opaque.ts';
import type {
  AssistantPart,
  CanonicalRequest,
  Message,
  TextPart,
  Tool,
  ToolCallPart,
  UserPart,
} from '../../lambdas/wire/canonical/request.ts';
import type { CanonicalResponse, Reading } from '../../lambdas/wire/canonical/response.ts';

/** Canonical values that every protocol can express; what only some can is in each test. */

const words = fc.oneof(
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9 .,!?]{0,20}[a-zA-Z]$/),
  fc.constantFrom('naïve 🌲', '日本語', '"quoted" \\ and {braces}', 'data: [DONE]', 'line\nline', '\u2028\u0000x'),
);

const json = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });

/** JSON that comes back the same from any parser: -0 does not. */
const argumentsText = json.map((value) => JSON.stringify(value));

const toolName = fc.stringMatching(/^[a-z][a-z_]{2,12}$/);

const base64 = fc.uint8Array({ minLength: 1, maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString('base64'));

/** As vendors write them: base64, longer than nothing. */
function stateOf(origin: StateOrigin): fc.Arbitrary<OpaqueState> {
  return base64.map((value) => ({ origin, value }));
}

export const usages: fc.Arbitrary<TokenUsage> = fc
  .record({
    inputTokens: fc.nat(100_000),
    cacheReadInputTokens: fc.nat(100_000),
    cacheWrite5mInputTokens: fc.nat(5000),
    cacheWrite1hInputTokens: fc.nat(5000),
    outputTokens: fc.integer({ min: 1, max: 50_000 }),
    reasoningShare: fc.nat(100),
  })
  .map(({ reasoningShare, ...usage }) => ({
    ...usage,
    reasoningTokens: Math.floor((usage.outputTokens * reasoningShare) / 100),
  }));

const tool: fc.Arbitrary<Tool> = fc.record({
  name: toolName,
  description: words,
  // Gemini takes no object without properties; a tool without arguments has no schema there.
  parameters: fc
    .dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.constantFrom('string', 'integer', 'boolean'), { minKeys: 1 })
    .map((properties) => ({
      type: 'object',
      properties: Object.fromEntries(Object.entries(properties).map(([name, type]) => [name, { type }])),
      required: Object.keys(properties),
      additionalProperties: false,
    })),
});

const text: fc.Arbitrary<TextPart> = words.map((said) => ({ type: 'text', text: said }));

const userPart: fc.Arbitrary<UserPart> = fc.oneof(
  text,
  base64.map((data): UserPart => ({ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data } })),
  base64.map((data): UserPart => ({
    type: 'document',
    source: { kind: 'base64', mediaType: 'application/pdf', data },
    fileName: 'a.pdf',
  })),
);

const answerPart: fc.Arbitrary<AssistantPart> = text;

/** A user's turn, then whole rounds of calls and their results, each call answered. */
const conversation: fc.Arbitrary<readonly Message[]> = fc
  .tuple(
    fc.array(fc.tuple(fc.array(userPart, { minLength: 1, maxLength: 3 }), answerPart), { maxLength: 2 }),
    fc.array(fc.array(fc.tuple(toolName, argumentsText, words), { minLength: 1, maxLength: 3 }), { maxLength: 2 }),
    fc.array(userPart, { minLength: 1, maxLength: 3 }),
  )
  .map(([turns, rounds, last]) => [
    ...turns.flatMap(([asked, said]): Message[] => [
      { role: 'user', content: asked },
      { role: 'assistant', content: [said] },
    ]),
    { role: 'user' as const, content: last },
    ...rounds.flatMap((calls, round) => toolRound(calls, round)),
  ]);

function toolRound(calls: readonly (readonly [string, string, string])[], round: number): Message[] {
  const made = calls.map(([name, written], index): ToolCallPart => ({
    type: 'tool-call',
    id: `call_${round}_${index}`,
    name,
    arguments: written,
  }));
  const results = calls.map(([name, , result], index): UserPart => ({
    type: 'tool-result',
    callId: `call_${round}_${index}`,
    name,
    content: [{ type: 'text', text: result }],
  }));
  return [
    { role: 'assistant', content: made },
    { role: 'user', content: results },
  ];
}

export const requests: fc.Arbitrary<CanonicalRequest> = fc
  .record(
    {
      system: words,
      messages: conversation,
      tools: fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
      choice: fc.constantFrom('auto', 'required', 'first'),
      // Anthropic takes one of the two.
      sampling: fc.constantFrom({ temperature: 0 }, { temperature: 0.5 }, { topP: 0.9 }),
      maxOutputTokens: fc.integer({ min: 16, max: 4096 }),
      schema: tool.map(({ parameters }) => parameters ?? {}),
    },
    { requiredKeys: ['messages', 'tools', 'maxOutputTokens'] },
  )
  .map(({ system, messages, tools, choice, sampling, maxOutputTokens, schema }) => ({
    stream: false,
    messages: [
      ...(system === undefined
        ? []
        : [{ role: 'system' as const, content: [{ type: 'text' as const, text: system }] }]),
      ...messages,
    ],
    tools,
    ...(choice !== undefined && {
      toolChoice:
        choice === 'first' ? { kind: 'tool' as const, name: tools[0]?.name ?? '' } : { kind: choice as 'auto' },
    }),
    ...(schema !== undefined && { outputFormat: { kind: 'json-schema' as const, schema, name: 'answer' } }),
    sampling: sampling ?? {},
    maxOutputTokens,
    untranslated: [],
  }));

/** Reasoning with its proof, then text, then calls: the order that every protocol can keep. */
export function responses(origin: StateOrigin): fc.Arbitrary<CanonicalResponse> {
  return fc
    .record(
      {
        reasoning: fc.tuple(words, stateOf(origin)),
        said: words,
        calls: fc.array(fc.tuple(toolName, argumentsText), { minLength: 1, maxLength: 3 }),
        usage: usages,
        cut: fc.boolean(),
      },
      { requiredKeys: ['usage', 'said', 'cut'] },
    )
    .map(({ reasoning, said, calls, usage, cut }) => ({
      model: 'model-1',
      choices: [
        {
          content: [
            ...(reasoning === undefined
              ? []
              : [{ type: 'reasoning' as const, text: reasoning[0], state: reasoning[1] }]),
            { type: 'text' as const, text: said },
            ...(calls ?? []).map(([name, written], index) => ({
              type: 'tool-call' as const,
              id: `call_${index}`,
              name,
              arguments: written,
            })),
          ],
          finishReason: calls === undefined ? (cut ? ('length' as const) : ('stop' as const)) : ('tool_calls' as const),
        },
      ],
      usage,
    }));
}

/** An answer as a provider streams it: in pieces of any size. */
export function readingsOf(response: CanonicalResponse, pieces: number): Reading[] {
  const [choice] = response.choices;
  const cut = (whole: string): string[] => whole.match(new RegExp(`.{1,${pieces}}`, 'gsu')) ?? [];
  return [
    { type: 'start', ...(response.model !== undefined && { model: response.model }) },
    ...(choice?.content ?? []).flatMap((part, key): Reading[] => {
      switch (part.type) {
        case 'text':
        case 'refusal':
          return cut(part.text).map((said): Reading => ({ type: part.type, choice: 0, text: said }));
        case 'reasoning':
          return [
            ...cut(part.text).map((said): Reading => ({ type: 'reasoning', choice: 0, text: said })),
            ...(part.state === undefined
              ? []
              : [{ type: 'state', choice: 0, of: 'reasoning', state: part.state } as const]),
          ];
        case 'tool-call':
          return [
            { type: 'tool-call', choice: 0, key, id: part.id, name: part.name },
            ...cut(part.arguments).map((said): Reading => ({ type: 'tool-arguments', choice: 0, key, text: said })),
          ];
        default:
          return [];
      }
    }),
    { type: 'finish', choice: 0, reason: choice?.finishReason ?? 'stop' },
    ...(response.usage === undefined ? [] : [{ type: 'usage', usage: response.usage } as const]),
    { type: 'end' },
  ];
}
