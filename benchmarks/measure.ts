import type { Bundles } from './bundles.ts';
import { type Candidate, type CandidateName, type CandidateOptions, startCandidate } from './candidates.ts';
import { chatRequest, type ClientProtocol, type ModelName, models, type StreamUsage } from './exchange.ts';
import type { BatchResult } from './load-generator.ts';
import { runScript, type ServerProcess } from './processes.ts';

/** How much of everything; `--quick` takes less. */
export interface Effort {
  readonly rounds: number;
  readonly requests: number;
  readonly warmUpRequests: number;
  readonly longStreamRounds: number;
  readonly coldStarts: number;
  readonly storeRequests: number;
}

export const concurrencies = [1, 16, 64] as const;
export const slowStreams = 200;

/** Values of one figure, one per round, by the figure's name and the candidate. */
export class Figures {
  readonly #values = new Map<string, Map<string, number[]>>();

  add(figure: string, candidate: string, value: number): void {
    const candidates = this.#values.get(figure) ?? new Map<string, number[]>();
    this.#values.set(figure, candidates);
    candidates.set(candidate, [...(candidates.get(candidate) ?? []), value]);
  }

  of(figure: string, candidate: string): readonly number[] {
    return this.#values.get(figure)?.get(candidate) ?? [];
  }

  /** Everything that was measured. */
  all(): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
    return this.#values;
  }
}

/** The median, or `undefined` of nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : mean(sorted[middle - 1], sorted[middle]);
}

function mean(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : (one + other) / 2;
}

interface Load {
  readonly model: ModelName;
  readonly concurrency: number;
  readonly requests: number;
  readonly usage?: StreamUsage;
}

/** Sends a batch through a candidate and tells what it cost the candidate's process. */
async function send(
  load: ServerProcess,
  candidate: Candidate,
  { model, concurrency, requests, usage }: Load,
): Promise<BatchResult & { cpuMicroseconds: number }> {
  const before = await candidate.process.usage();
  const result = await load.run({
    url: `${candidate.process.url}/v1/chat/completions`,
    headers: candidate.headers,
    body: chatRequest(model, usage),
    concurrency,
    requests,
    endsWith: models[model].chunks === 0 ? '}' : 'data: [DONE]',
  });
  const after = await candidate.process.usage();
  return { ...result, cpuMicroseconds: after.cpuMicroseconds - before.cpuMicroseconds };
}

/** Until the compiler has settled: its threads would be charged to the first rounds. */
export async function warmUp(load: ServerProcess, candidates: readonly Candidate[], effort: Effort): Promise<void> {
  for (const candidate of candidates) {
    await send(load, candidate, { model: 'whole', concurrency: 16, requests: effort.warmUpRequests });
    await send(load, candidate, { model: 'first-byte', concurrency: 16, requests: effort.warmUpRequests / 4 });
  }
}

/** A small chat without streaming: latency added to the upstream's own, and processor time per request. */
export async function measureRequests(
  load: ServerProcess,
  candidates: readonly Candidate[],
  { rounds, requests }: Effort,
  figures: Figures,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const concurrency of concurrencies) {
      const count = concurrency === 1 ? Math.ceil(requests / 2) : requests;
      let direct: BatchResult['total'] | undefined;
      for (const candidate of candidates) {
        const result = await send(load, candidate, { model: 'whole', concurrency, requests: count });
        figures.add(`cpu ${concurrency}`, candidate.name, result.cpuMicroseconds / count);
        for (const part of ['p50', 'p90', 'p99'] as const) {
          figures.add(`total ${concurrency} ${part}`, candidate.name, result.total[part]);
          if (direct !== undefined)
            figures.add(`added ${concurrency} ${part}`, candidate.name, result.total[part] - direct[part]);
        }
        if (candidate.name === 'direct') direct = result.total;
      }
    }
  }
}

/** Short streams, one at a time: when the first byte of the body is there. */
export async function measureFirstByte(
  load: ServerProcess,
  candidates: readonly Candidate[],
  { rounds, requests }: Effort,
  figures: Figures,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of candidates) {
      const batch = { model: 'first-byte', concurrency: 1, requests: Math.ceil(requests / 8) } as const;
      const { firstByte } = await send(load, candidate, batch);
      for (const part of ['p50', 'p90', 'p99'] as const)
        figures.add(`first byte ${part}`, candidate.name, firstByte[part]);
    }
  }
}

/**
 * Eight streams of 2,000 chunks, each written by itself a millisecond after the one before. `pieces` tells how many of them
 * arrived by themselves: a candidate that holds chunks back to join them saves work and fails at its job.
 */
export async function measureChunks(
  load: ServerProcess,
  candidates: readonly Candidate[],
  { longStreamRounds }: Effort,
  figures: Figures,
): Promise<void> {
  const concurrency = 8;
  for (let round = 0; round < longStreamRounds; round += 1) {
    for (const candidate of candidates) {
      for (const usage of ['asked', 'not-asked'] as const) {
        const batch = { model: 'long', concurrency, requests: concurrency, usage } as const;
        const { cpuMicroseconds, pieces } = await send(load, candidate, batch);
        const chunks = concurrency * models.long.chunks;
        figures.add(`chunk ${usage}`, candidate.name, cpuMicroseconds / chunks);
        figures.add(`pieces ${usage}`, candidate.name, (pieces / models.long.chunks) * 100);
      }
    }
  }
}

/** Peak memory of a fresh process that carries 200 slow streams at once. */
export async function measureMemory(name: CandidateName, options: CandidateOptions, figures: Figures): Promise<void> {
  const candidate = await startCandidate(name, options);
  const { load } = options.surroundings;
  try {
    await send(load, candidate, { model: 'whole', concurrency: 16, requests: 300 });
    let peak = 0;
    const sample = async (): Promise<void> => {
      const { rssBytes } = await candidate.process.usage();
      peak = Math.max(peak, rssBytes);
    };
    let sampled = Promise.resolve();
    const timer = setInterval(() => {
      sampled = sampled.then(sample);
    }, 100);
    try {
      await send(load, candidate, { model: 'slow', concurrency: slowStreams, requests: slowStreams });
    } finally {
      clearInterval(timer);
      // A process that is stopped while it answers ends with an error.
      await sampled;
    }
    figures.add('rss', name, peak / 1e6);
  } finally {
    await candidate.process.stop();
  }
}

/** Gatehouse's own: store calls by themselves, and a fresh process that loads the deployed bundle. */
export async function measureStoreCalls(
  bundles: Bundles,
  storeUrl: string,
  { storeRequests, longStreamRounds }: Effort,
  figures: Figures,
): Promise<void> {
  for (let round = 0; round < longStreamRounds; round += 1) {
    const environment = { BENCH_STORE_URL: storeUrl, BENCH_REQUESTS: String(storeRequests) };
    const result = await runScript<{ cpuMicroseconds: number }>(bundles.script('store-calls'), environment);
    figures.add('store call', 'gatehouse', result.cpuMicroseconds);
  }
}

export async function measureColdStarts(
  bundles: Bundles,
  storeUrl: string,
  { coldStarts }: Effort,
  figures: Figures,
): Promise<void> {
  for (let run = 0; run < coldStarts; run += 1) {
    const environment = { BENCH_STORE_URL: storeUrl, BENCH_BUNDLE: bundles.proxy };
    const start = (client: ClientProtocol): Promise<{ loadMs: number; firstCallMs: number }> =>
      runScript(bundles.script('cold-start'), { ...environment, BENCH_CLIENT: client });
    const passed = await start('openai-chat');
    const translated = await start('anthropic-messages');
    figures.add('load', 'gatehouse', passed.loadMs);
    figures.add('first call', 'gatehouse', passed.firstCallMs);
    figures.add('first call translated', 'gatehouse', translated.firstCallMs);
    figures.add('load and first call', 'gatehouse', passed.loadMs + passed.firstCallMs);
  }
}
