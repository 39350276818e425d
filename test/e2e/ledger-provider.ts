import {
  html500,
  json,
  resetMidStream,
  sampleChunks,
  sampleCompletion,
  sse,
  startUpstream,
  type Upstream,
} from '../fixtures/upstream.ts';
import { hangMidStream } from '../fixtures/upstream.ts';

/** Prices whose products with small counts are no whole micro-USD, so that every rounding shows. */
const cheap = { inputPerMillion: 150_000, outputPerMillion: 600_000, cacheReadPerMillion: 75_000 };
const dear = { inputPerMillion: 3_000_000, outputPerMillion: 15_000_000, cacheReadPerMillion: 300_000 };

/** Body of `PUT /providers/{provider}`: what each model does is its name. */
export function ledgerProvider(url: string): object {
  const models = [
    { id: 'cheap', price: cheap },
    { id: 'dear', price: dear },
    { id: 'failing', price: dear },
    { id: 'resetting', price: dear },
    { id: 'hanging', price: cheap },
    { id: 'free', free: true },
  ];
  return { baseUrl: `${url}/v1`, protocols: ['openai-chat'], auth: { kind: 'none' }, models };
}

interface Asked {
  readonly model: string;
  readonly stream?: boolean;
  readonly max_tokens: number;
}

/** A provider that reports a usage which depends on what was asked, fails, breaks off, or never ends. */
export function startLedgerProvider(): Promise<Upstream> {
  return startUpstream(async (request, response) => {
    const { model, stream, max_tokens } = JSON.parse(request.body.toString()) as Asked;
    const usage = usageOf(max_tokens);
    const whole = json({ ...sampleCompletion, usage });
    const streamed = sse(sampleChunks.map((chunk) => withUsage(chunk, usage)));
    const behaviours = { failing: html500, resetting: resetMidStream(400), hanging: hangMidStream() };
    const behaviour = behaviours[model as keyof typeof behaviours];
    await (behaviour ?? (stream === true ? streamed : whole))(request, response);
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
