import { afterAll, beforeAll, expect, it } from 'vitest';
import { extractMetrics } from '../lambdas/telemetry/embedded-metric-format.ts';
import { type Deployment, startDeployment } from './deployment.ts';

/** Whose metrics the built functions measure: their stack's, as its alarms ask for them. Of the proxy: `proxy-telemetry.test.ts`. */

const variables = { OTEL_SERVICE_NAME: 'Gatehouse-Test-eu-west-1' };

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});

afterAll(() => deployment.close());

it.each([
  ['usage-rollup', { Records: [{ eventName: 'INSERT' }] }, 'fault'],
  ['admin', null, 'fault'],
  ['reconcile', {}, 'reconciled'],
] as const)('%s measures in the name of its stack', async (bundle, event, type) => {
  const host = await deployment.deploy(bundle, { variables });

  await host.invoke(event).catch(() => undefined);

  const lines = host.log.filter((line) => line.startsWith(`{"type":"${type}"`));
  const services = lines.flatMap(extractMetrics).map(({ dimensions }) => dimensions['service.name']);
  expect(new Set(services)).toEqual(new Set([variables.OTEL_SERVICE_NAME]));
});
