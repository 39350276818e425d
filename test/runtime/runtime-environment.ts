import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvocationError } from './invocation.ts';
import type { Task } from './invocation.ts';
import { sendEvent, startRuntimeApi } from './runtime-api.ts';
import type { RuntimeApi } from './runtime-api.ts';
import { startRuntimeProcess } from './runtime-process.ts';
import type { FunctionSettings } from './runtime-process.ts';

// Lambda allows 10 s; a busy machine may need longer, and no test is about this limit.
const INITIALIZATION_SECONDS = 60;

/** One process that serves one invocation at a time. */
export interface RuntimeEnvironment {
  /** It has no invocation and has not begun to die. Its runtime may not have asked for the next event yet. */
  isIdle(): boolean;
  /** Only while idle. */
  run(task: Task): void;
  close(): Promise<void>;
}

export interface EnvironmentEvents {
  onIdle(environment: RuntimeEnvironment): void;
  onExit(environment: RuntimeEnvironment): void;
}

interface Running {
  readonly task: Task;
  startedAt: number;
  delivered: boolean;
  answered: boolean;
  timer: NodeJS.Timeout;
}

/**
 * Starts an execution environment for `first`, whose cold start this is; later ones come by `run`. Between two invocations the
 * process is stopped as Lambda freezes it, so work that a function leaves behind does not go on unnoticed.
 */
export function startRuntimeEnvironment(
  settings: FunctionSettings,
  first: Task,
  events: EnvironmentEvents,
): RuntimeEnvironment {
  let child: ChildProcess | undefined;
  let waiting: ServerResponse | undefined;
  let running: Running | undefined;
  let dying = false;

  function run(task: Task): void {
    const timer = setTimeout(expire, INITIALIZATION_SECONDS * 1000, 'Sandbox.InitTimeout', INITIALIZATION_SECONDS);
    running = { task, startedAt: performance.now(), delivered: false, answered: false, timer };
    advance();
  }

  // The end of an answer and the request for the next event come in either order.
  function advance(): void {
    if (waiting && running && !running.delivered) deliver(waiting, running);
    if (!environment.isIdle()) return;
    if (waiting) child?.kill('SIGSTOP');
    events.onIdle(environment);
  }

  function deliver(response: ServerResponse, current: Running): void {
    waiting = undefined;
    clearTimeout(current.timer);
    current.timer = setTimeout(expire, settings.timeoutSeconds * 1000, 'Sandbox.Timedout', settings.timeoutSeconds);
    current.startedAt = performance.now();
    current.delivered = true;
    child?.kill('SIGCONT');
    sendEvent(response, current.task, settings.timeoutSeconds);
  }

  function receive(post: IncomingMessage): void {
    if (!running) return;
    const { task, startedAt } = running;
    running.answered = true;
    post.on('data', (chunk: Buffer) => {
      task.invocation.chunks.push({ at: performance.now() - startedAt, bytes: chunk.length });
    });
    task.onResponse(post);
  }

  function finish(errorType: string | undefined): void {
    if (!running) return;
    const { task, startedAt, timer } = running;
    running = undefined;
    clearTimeout(timer);
    task.invocation.finishedAt = performance.now() - startedAt;
    if (errorType) task.invocation.errorType = errorType;
    advance();
  }

  function fail(error: InvocationError): void {
    const unanswered = running?.answered ? undefined : running?.task;
    dying ||= running?.delivered === false;
    finish(error.type);
    unanswered?.onFailure(error);
  }

  function expire(type: string, seconds: number): void {
    const message = `${running?.task.invocation.requestId} Task timed out after ${seconds.toFixed(2)} seconds`;
    settings.log(message);
    dying = true;
    child?.kill('SIGKILL');
    fail(new InvocationError(type, message));
  }

  async function start(): Promise<{ exited: Promise<void> }> {
    const api = await startRuntimeApi({
      onNext: (response) => {
        waiting = response;
        advance();
      },
      onResponse: receive,
      onResponseEnd: (post) => finish(post.trailers['lambda-runtime-function-error-type']?.toString()),
      onError: fail,
    });
    child = startRuntimeProcess(settings, api.address);
    return { exited: watchExit(child, api) };
  }

  async function watchExit(process: ChildProcess, api: RuntimeApi): Promise<void> {
    // Not `exit`: the log is complete once its output is closed too.
    const reason = await once(process, 'close').then(
      ([code, signal]) => `with ${signal ?? `code ${code}`}`,
      (error: Error) => `because it could not start: ${error.message}`,
    );
    waiting = undefined;
    dying = true;
    api.close();
    fail(new InvocationError('Runtime.ExitError', `Runtime exited ${reason}`));
    events.onExit(environment);
  }

  async function close(): Promise<void> {
    const { exited } = await started;
    child?.kill('SIGKILL');
    await exited;
  }

  const environment: RuntimeEnvironment = { isIdle: () => !running && !dying, run, close };
  first.invocation.coldStart = true;
  run(first);
  const started = start();
  return environment;
}
