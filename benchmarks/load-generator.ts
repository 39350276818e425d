import { Agent, request as send } from 'node:http';

/** One batch of requests, `concurrency` of them at a time over kept-alive connections. */
export interface Batch {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly concurrency: number;
  readonly requests: number;
  /** Text that every answer must end with; an answer without it is an error and ends the run. */
  readonly endsWith: string;
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export interface BatchResult {
  /** Milliseconds from sending a request to the last byte of its answer, and to the first of its body. */
  readonly total: Percentiles;
  readonly firstByte: Percentiles;
  /** Pieces of body that arrived, per answer. */
  readonly pieces: number;
}

interface Sample {
  readonly totalMs: number;
  readonly firstByteMs: number;
  readonly pieces: number;
}

const agent = new Agent({ keepAlive: true });

process.on('message', (message: { id: number; batch?: Batch }) => {
  if (message.batch === undefined) return;
  runBatch(message.batch).then(
    (result) => process.send?.({ id: message.id, result }),
    (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
  );
});
process.send?.({ id: 'listening', result: '' });

async function runBatch(batch: Batch): Promise<BatchResult> {
  const samples: Sample[] = [];
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < batch.requests) {
      started += 1;
      samples.push(await exchange(batch));
    }
  };
  await Promise.all(Array.from({ length: batch.concurrency }, work));
  return {
    total: percentiles(samples.map(({ totalMs }) => totalMs)),
    firstByte: percentiles(samples.map(({ firstByteMs }) => firstByteMs)),
    pieces: samples.reduce((sum, { pieces }) => sum + pieces, 0) / samples.length,
  };
}

function exchange({ url, headers, body, endsWith }: Batch): Promise<Sample> {
  return new Promise((resolve, reject) => {
    const sentAt = performance.now();
    const request = send(url, { method: 'POST', agent, headers }, (response) => {
      let firstByteMs = 0;
      let pieces = 0;
      let last = '';
      response.on('data', (piece: Buffer) => {
        if (pieces === 0) firstByteMs = performance.now() - sentAt;
        pieces += 1;
        last = piece.length < endsWith.length ? last + piece.toString('latin1') : piece.toString('latin1');
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200 && last.trimEnd().endsWith(endsWith))
          resolve({ totalMs: performance.now() - sentAt, firstByteMs, pieces });
        else reject(new Error(`status ${response.statusCode}: ${last.slice(-500)}`));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
