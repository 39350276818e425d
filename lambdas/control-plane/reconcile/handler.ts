import middy from '@middy/core';
import { createLogger, describeFault } from '../../telemetry/logger.ts';
import { createControlPlaneDependencies } from '../composition.ts';
import { reconcile, type ReconcileReport } from './reconcile.ts';

/** The reconcile function, run on a schedule: composition root and entry. The environment is read here and nowhere else. */

const logger = createLogger((line) => process.stdout.write(`${JSON.stringify(line)}\n`));
const deps = createControlPlaneDependencies(process.env, logger);

/** Counts only; a throw means that the control plane's own table could not be read, and the schedule repeats it. */
export const handler = middy<unknown, ReconcileReport>()
  .onError(({ error }) => logger.fault(describeFault('unexpected-error', error)))
  .handler(() => reconcile(deps, deps.now()));
