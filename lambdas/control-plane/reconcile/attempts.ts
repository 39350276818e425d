import { describeFault } from '../../telemetry/logger.ts';
import type { ControlPlaneDependencies } from '../admin/dependencies.ts';

/** Runs pieces of work of which one's failure must not stop the others. */
export interface Attempts {
  /** Runs it; a throw is logged and counted. Says whether it went well. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  failures(): number;
}

export function createAttempts(logger: ControlPlaneDependencies['logger']): Attempts {
  let failures = 0;
  return {
    async run(work) {
      try {
        await work();
        return true;
      } catch (error) {
        failures += 1;
        logger.fault(describeFault('unexpected-error', causeOf(error)));
        return false;
      }
    },
    failures: () => failures,
  };
}

/** What is behind a problem made for callers. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}
