import type { Task } from './invocation.ts';
import { startRuntimeEnvironment } from './runtime-environment.ts';
import type { EnvironmentEvents, RuntimeEnvironment } from './runtime-environment.ts';
import type { FunctionSettings } from './runtime-process.ts';

/** The processes of one function. */
export interface EnvironmentPool {
  /** Runs the task in an idle process, in a new one if none is idle, or as soon as one is free if there may be no more. */
  run(task: Task): void;
  close(): Promise<void>;
}

/** Lambda would throttle what exceeds the concurrency; here it waits, so that a small machine can run a busy test. */
export function createEnvironmentPool(settings: FunctionSettings, concurrency: number): EnvironmentPool {
  const environments = new Set<RuntimeEnvironment>();
  const queue: Task[] = [];

  const events: EnvironmentEvents = {
    onIdle: (environment) => {
      const task = queue.shift();
      if (task) environment.run(task);
    },
    onExit: (environment) => {
      environments.delete(environment);
      const task = queue.shift();
      if (task) start(task);
    },
  };

  function start(task: Task): void {
    environments.add(startRuntimeEnvironment(settings, task, events));
  }

  return {
    run: (task) => {
      const idle = [...environments].find((environment) => environment.isIdle());
      if (idle) idle.run(task);
      else if (environments.size < concurrency) start(task);
      else queue.push(task);
    },
    close: async () => {
      queue.length = 0;
      await Promise.all([...environments].map((environment) => environment.close()));
    },
  };
}
