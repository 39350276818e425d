import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createEnvironmentPool } from './environment-pool.ts';
import type { EnvironmentPool } from './environment-pool.ts';
import { buildFunctionUrlEvent } from './function-url-event.ts';
import type { Invocation } from './invocation.ts';
import { buildRestEvent } from './rest-event.ts';
import type { FrontSettings } from './rest-event.ts';
import { refuse, relayStream } from './rest-response.ts';
import { readSocketWrites } from './socket-writes.ts';
import type { SocketWrite } from './socket-writes.ts';
import { readWhole, relayWhole } from './whole-response.ts';

/** Lambda's limit on a synchronous invocation's payload: the whole event, not just the body. */
const PAYLOAD_LIMIT = 6 * 1024 * 1024;

export interface LambdaHostOptions {
  /** The folder that is deployed. It runs from a copy outside the repository, so only what is in it can be loaded. */
  readonly codeFolder: string;
  /** File and export, such as `index.handler`. */
  readonly handler: string;
  /** The function's variables; region and dummy credentials are there already. */
  readonly environment: Readonly<Record<string, string>>;
  /** @default 900 */
  readonly timeoutSeconds?: number;
  /**
   * How many processes there may be; what exceeds it waits.
   * @default 4
   */
  readonly concurrency?: number;
  /**
   * Value of the origin header that CloudFront would add.
   * @default - the gateway is called directly
   */
  readonly originHeader?: string;
  /**
   * Media types whose bodies reach the function in base64.
   * @default - multipart/form-data and application/octet-stream
   */
  readonly binaryMediaTypes?: readonly string[];
  /**
   * What stands in front of the function.
   * @default rest-api
   */
  readonly front?: 'rest-api' | 'function-url';
  /**
   * How long CloudFront waits for the next byte.
   * @default 60
   */
  readonly idleTimeoutSeconds?: number;
  /**
   * How the gateway takes the function's answer: as it comes, or whole.
   * @default stream
   */
  readonly responseMode?: 'stream' | 'buffered';
  /**
   * Whether the runtime's process notes each write of its streamed answers, for `writesOf`.
   * @default false
   */
  readonly recordsWrites?: boolean;
}

export interface LambdaHost {
  readonly url: string;
  /**
   * Hands the function an event of its own, as a schedule or an event source mapping does, and answers with what it returned.
   *
   * @throws InvocationError when it threw, crashed or ran out of time
   */
  invoke(event: unknown): Promise<unknown>;
  /** Every invocation since the start, in order of arrival. */
  readonly invocations: Invocation[];
  /** The writes in which the runtime client sent its answer to an invocation that has finished; only with `recordsWrites`. */
  writesOf(invocation: Invocation): Promise<SocketWrite[]>;
  /** What the function's processes and the host itself have printed, line by line. */
  readonly log: string[];
  close(): Promise<void>;
}

/**
 * Runs a built Lambda function on a laptop as close to the platform as it gets without an account: the real runtime interface
 * client in processes of its own, and in front of them what API Gateway REST with response streaming, or a function URL, does to a
 * request and to an answer. It has no IAM, no memory limit, no bandwidth throttle and no arm64.
 */
export async function startLambdaHost(options: LambdaHostOptions): Promise<LambdaHost> {
  const taskRoot = await mkdtemp(join(tmpdir(), 'lambda-host-'));
  await cp(options.codeFolder, taskRoot, { recursive: true });

  const invocations: Invocation[] = [];
  const log: string[] = [];
  const write = (line: string) => void log.push(line);
  const { handler, environment, timeoutSeconds = 900, concurrency = 4 } = options;
  const notesFile = `${taskRoot}.writes`;
  const pool = createEnvironmentPool(
    { taskRoot, handler, environment, timeoutSeconds, log: write, ...(options.recordsWrites && { notesFile }) },
    concurrency,
  );
  const front: Front = {
    originHeader: options.originHeader,
    binaryMediaTypes: options.binaryMediaTypes ?? ['multipart/form-data', 'application/octet-stream'],
    idleTimeoutSeconds: options.idleTimeoutSeconds ?? 60,
    buildEvent: options.front === 'function-url' ? buildFunctionUrlEvent : buildRestEvent,
    relay: options.responseMode === 'buffered' ? relayWhole : relayStream,
    pool,
    invocations,
    log: write,
  };

  const server = createServer((request, response) => void serve(request, response, front));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invocations,
    log,
    writesOf: ({ requestId }) => readSocketWrites(notesFile, requestId),
    invoke: (event) =>
      new Promise((resolve, reject) => {
        pool.run({
          invocation: begin(invocations),
          event,
          onResponse: (post) => void readWhole(post).then((payload) => resolve(JSON.parse(payload)), reject),
          onFailure: reject,
        });
      }),
    close: async () => {
      await pool.close();
      server.close();
      server.closeAllConnections();
      await rm(taskRoot, { recursive: true, force: true });
      await rm(notesFile, { force: true });
    },
  };
}

interface Front extends FrontSettings {
  readonly idleTimeoutSeconds: number;
  readonly buildEvent: typeof buildRestEvent | typeof buildFunctionUrlEvent;
  readonly relay: typeof relayStream;
  readonly pool: EnvironmentPool;
  readonly invocations: Invocation[];
  readonly log: (line: string) => void;
}

function begin(invocations: Invocation[]): Invocation {
  const invocation: Invocation = { requestId: randomUUID(), coldStart: false, chunks: [] };
  invocations.push(invocation);
  return invocation;
}

async function serve(request: IncomingMessage, response: ServerResponse, front: Front): Promise<void> {
  const body = await buffer(request).catch(() => undefined);
  if (!body) return;
  const event = front.buildEvent(request, body, front);
  if (Buffer.byteLength(JSON.stringify(event)) > PAYLOAD_LIMIT) return refuse(response, 413);

  const invocation = begin(front.invocations);
  response.setTimeout(front.idleTimeoutSeconds * 1000, () => refuse(response, 504));
  front.pool.run({
    invocation,
    event,
    onResponse: (post) => front.relay(post, response, front.log),
    onFailure: (error) => {
      front.log(`[gateway] ${error.type}: ${error.message}`);
      refuse(response, error.type === 'Sandbox.Timedout' ? 504 : 502);
    },
  });
}
