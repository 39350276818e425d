import middy from '@middy/core';
import { StoreError } from '../../store/client.ts';
import { controlPlaneLines } from '../../telemetry/control-plane-lines.ts';
import { createLineWriter } from '../../telemetry/log-line.ts';
import { createLogger, describeFault } from '../../telemetry/logger.ts';
import { thrownFailure } from '../../telemetry/thrown-failure.ts';
import { createControlPlaneDependencies } from '../composition.ts';
import { describeRun } from './describe-run.ts';
import { reconcile, type ReconcileReport } from './reconcile.ts';

/** The reconcile function, run on a schedule: composition root and entry. The environment is read here and nowhere else. */

const write = (text: string): unknown => process.stdout.write(text);
const environment = process.env;
const serviceName = environment['OTEL_SERVICE_NAME'];
const logger = createLogger(
  createLineWriter(write, { kinds: controlPlaneLines, metrics: true, serviceName, now: () => Date.now() }),
);
const deps = createControlPlaneDependencies(environment, logger);

/** Counts only; a throw means that the control plane's own table could not be read, and the schedule repeats it. */
export const handler = middy<unknown, ReconcileReport>()
  // Anything returned here would be taken for the answer, and the error for mended.
  .onError((request) => {
    logger.fault(describeFault('unexpected-error', request.error));
    request.error = thrownFailure(request.error, [StoreError]);
  })
  .handler(async () => {
    const startedAt = deps.now();
    const report = await reconcile(deps, startedAt);
    logger.reconciled(describeRun(report, startedAt, deps.now()));
    return report;
  });
