import {
  hangMidStream,
  html500,
  json,
  resetMidStream,
  sampleChunks,
  sampleCompletion,
  sse,
  startUpstream,
  type Upstream,
  type UpstreamRequest,
} from '../fixtures/upstream.ts';

/** Prices whose products with small counts are no whole micro-USD, so that every rounding shows. */
const cheap = { inputPerMillion: 150_000, outputPerMillion: 600_000, cacheReadPerMillion: 75_000 };
const dear = { inputPerMillion: 3_000_000, outputPerMillion: 15_000_000, cacheReadPerMillion: 300_000 };

/** Body of `PUT /providers/{provider}`: what each model does is its name. Of another protocol than chat, requests are translated. */
export function ledgerProvider(
  url: string,
  protocol: 'openai-chat' | 'anthropic-messages' | 'gemini' = 'openai-chat',
): object {
  const models = [
    { id: 'cheap', price: cheap },
    { id: 'dear', price: dear },
    { id: 'failing', price: dear },
    { id: 'resetting', price: dear },
    { id: 'hanging', price: cheap },
    { id: 'free', free: true },
  ];
  return { baseUrl: protocol === 'gemini' ? url : `${url}/v1`, protocols: [protocol], auth: { kind: 'none' }, models };
}

interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly cap: number;
  readonly form: (usage: ReturnType<typeof usageOf>) => Form;
}

/** One answer, whole and in pieces. */
interface Form {
  readonly whole: object;
  readonly chunks: readonly (object | string)[];
}

/** Gemini has the model and the method in its path; the others have them in the body, and differ in their paths. */
function read({ path, body }: UpstreamRequest): Asked {
  const fields = JSON.parse(body.toString()) as {
    readonly model: string;
    readonly stream?: boolean;
    readonly max_tokens: number;
    readonly generationConfig: { readonly maxOutputTokens: number };
  };
  const [, model, method] = /models\/([^:]+):(\w+)/.exec(path) ?? [];
  if (model !== undefined) {
    const cap = fields.generationConfig.maxOutputTokens;
    return { model, stream: method === 'streamGenerateContent', cap, form: geminiForm };
  }
  const form = path.endsWith('/messages') ? anthropicForm : chatForm;
  return { model: fields.model, stream: fields.stream === true, cap: fields.max_tokens, form };
}

function chatForm(usage: ReturnType<typeof usageOf>): Form {
  return {
    whole: { ...sampleCompletion, usage },
    chunks: sampleChunks.map((chunk) => withUsage(chunk, usage)),
  };
}

function anthropicForm({ prompt_tokens, completion_tokens, prompt_tokens_details }: ReturnType<typeof usageOf>): Form {
  const { cached_tokens } = prompt_tokens_details;
  const usage = {
    input_tokens: prompt_tokens - cached_tokens,
    cache_read_input_tokens: cached_tokens,
    cache_creation_input_tokens: 0,
    output_tokens: completion_tokens,
  };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'sample' };
  const content = [{ type: 'text', text: 'Hello there' }];
  const events = [
    { type: 'message_start', message: { ...message, content: [], usage: { ...usage, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello there' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: completion_tokens } },
    { type: 'message_stop' },
  ];
  return { whole: { ...message, content, stop_reason: 'end_turn', usage }, chunks: events };
}

function geminiForm({ prompt_tokens, completion_tokens, prompt_tokens_details }: ReturnType<typeof usageOf>): Form {
  const usageMetadata = {
    promptTokenCount: prompt_tokens,
    cachedContentTokenCount: prompt_tokens_details.cached_tokens,
    candidatesTokenCount: completion_tokens,
    totalTokenCount: prompt_tokens + completion_tokens,
  };
  const part = (text: string, more: object = {}): object => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
    usageMetadata,
  });
  const last = { finishReason: 'STOP' };
  return { whole: part('Hello there', last), chunks: [part('Hel'), part('lo'), part(' the'), part('re', last)] };
}

/** A provider that reports a usage which depends on what was asked, fails, breaks off, or never ends. */
export function startLedgerProvider(): Promise<Upstream> {
  return startUpstream(async (request, response) => {
    const { model, stream, cap, form } = read(request);
    const { whole, chunks } = form(usageOf(cap));
    const streamed = sse(chunks);
    const beginning = chunks.slice(0, -2);
    const behaviours = {
      failing: html500,
      resetting: resetMidStream(400, chunks),
      hanging: hangMidStream(beginning),
    };
    const behaviour = behaviours[model as keyof typeof behaviours];
    await (behaviour ?? (stream ? streamed : json(whole)))(request, response);
  });
}

function usageOf(completion: number) {
  const prompt = completion * 3 + 1;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: completion % 3 },
  };
}

function withUsage(chunk: object | string, usage: object): object | string {
  return typeof chunk !== 'string' && 'usage' in chunk && chunk.usage !== null ? { ...chunk, usage } : chunk;
}
