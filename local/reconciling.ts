import type { ControlPlaneDependencies } from '../lambdas/control-plane/admin/dependencies.ts';
import { reconcile } from '../lambdas/control-plane/reconcile/reconcile.ts';
import { describeFault } from '../lambdas/telemetry/logger.ts';

/** What a schedule does in AWS: compares, mends, and goes on with what was left unfinished. */
export interface Reconciling {
  /** Lets a run under way finish. */
  stop(): Promise<void>;
}

const everyMs = 60_000;

/** The first run is over when this resolves. */
export async function startReconciling(deps: ControlPlaneDependencies): Promise<Reconciling> {
  let running = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      await reconcile(deps, deps.now());
    } catch (error) {
      deps.logger.fault(describeFault('unexpected-error', error));
    }
  };
  await run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
