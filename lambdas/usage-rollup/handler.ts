import middy from '@middy/core';
import { readFunctionEnvironment } from '../aws/function-environment.ts';
import { createAwsTransport } from '../aws/json-transport.ts';
import { StoreError } from '../store/client.ts';
import { createLeanStoreClient } from '../store/lean-client.ts';
import { tables } from '../store/tables.ts';
import { createLineWriter } from '../telemetry/log-line.ts';
import { createLogger, describeFault } from '../telemetry/logger.ts';
import { thrownFailure } from '../telemetry/thrown-failure.ts';
import { MappingError, readEvent, type StreamWindowEvent } from './read-event.ts';
import { rollUp, type RollUpDependencies } from './roll-up.ts';

/** The usage rollup function: composition root and entry. The environment is read here and nowhere else. */

const environment = process.env;
const { required, connectionTo } = readFunctionEnvironment(environment);
const store = createLeanStoreClient(
  createAwsTransport({ service: 'dynamodb', ...connectionTo('AWS_ENDPOINT_URL_DYNAMODB') }),
);

const write = (text: string): unknown => process.stdout.write(text);
const serviceName = environment['OTEL_SERVICE_NAME'];
const logger = createLogger(createLineWriter(write, { kinds: {}, metrics: true, serviceName, now: () => Date.now() }));

const deps: RollUpDependencies = {
  usage: { store, table: required(tables.usage.environmentVariable) },
  servedVersions: new Map(),
};

/** Nothing is carried from batch to batch: the window is there for the shard id. */
interface WindowAnswer {
  readonly state: Readonly<Record<string, never>>;
}

async function rollUpEvent(event: StreamWindowEvent): Promise<WindowAnswer> {
  await rollUp(readEvent(event, logger), deps);
  return { state: {} };
}

/** A throw makes Lambda deliver the batch again, which is safe. */
export const handler = middy<StreamWindowEvent, WindowAnswer>()
  // Anything returned here would be taken for the answer, and the error for mended.
  .onError((request) => {
    logger.fault(describeFault('usage-rollup-failed', request.error));
    request.error = thrownFailure(request.error, [StoreError, MappingError]);
  })
  .handler(rollUpEvent);
