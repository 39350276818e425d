/** What is sent through every candidate, and what the upstream answers: the same bytes for all of them. */

export const providerName = 'bench';

/** How the upstream answers each model. `chunks` and `everyMs` are for streams: one event per write, that far apart. */
export const models = {
  whole: { chunks: 0, everyMs: 0 },
  'first-byte': { chunks: 5, everyMs: 1 },
  long: { chunks: 2_000, everyMs: 1 },
  slow: { chunks: 30, everyMs: 100 },
} as const;

export type ModelName = keyof typeof models;

/** `asked`: the caller asks for usage in the stream, so every candidate passes on the same events. */
export type StreamUsage = 'asked' | 'not-asked';

/** The upstream speaks OpenAI's chat completions: any other request is translated. */
export type ClientProtocol = 'openai-chat' | 'anthropic-messages';

const system = 'You are a support assistant. Answer in at most three sentences, politely and precisely.';
const question = { role: 'user', content: 'My parcel was due on Tuesday and has not arrived. '.repeat(6) };

export function chatRequest(model: ModelName, usage: StreamUsage = 'asked'): string {
  return JSON.stringify({
    model: `${providerName}/${model}`,
    messages: [{ role: 'system', content: system }, question],
    temperature: 0.2,
    max_tokens: 400,
    ...(models[model].chunks > 0 && { stream: true }),
    ...(models[model].chunks > 0 && usage === 'asked' && { stream_options: { include_usage: true } }),
  });
}

/** The same in Anthropic's words. */
export function messagesRequest(model: ModelName): string {
  return JSON.stringify({
    model: `${providerName}/${model}`,
    system,
    messages: [question],
    temperature: 0.2,
    max_tokens: 400,
  });
}

const usage = { prompt_tokens: 120, completion_tokens: 60, total_tokens: 180 };
const head = { id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT', created: 1_741_569_952, model: 'bench-1' };

export const wholeAnswer = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'I am sorry to hear that. '.repeat(10), refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage,
});

/** Asked for usage, OpenAI adds a null one to every chunk but the last. */
export function streamEvents(chunks: number, withUsage: boolean): readonly string[] {
  const event = (choices: readonly object[], counted: object | null): string => {
    const chunk = { ...head, object: 'chat.completion.chunk', service_tier: 'default', choices };
    return `data: ${JSON.stringify(withUsage ? { ...chunk, usage: counted } : chunk)}\n\n`;
  };
  const delta = (content: object, finish: string | null): object[] => [
    { index: 0, delta: content, logprobs: null, finish_reason: finish },
  ];
  return [
    event(delta({ role: 'assistant', content: '' }, null), null),
    ...Array.from({ length: Math.max(0, chunks - 2) }, () => event(delta({ content: ' parcel' }, null), null)),
    event(delta({}, 'stop'), null) + (withUsage ? event([], usage) : '') + 'data: [DONE]\n\n',
  ];
}
