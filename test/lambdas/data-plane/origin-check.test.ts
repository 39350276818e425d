import { expect, it } from 'vitest';
import type { AwsTransport } from '../../../lambdas/aws/json-transport.ts';
import { createOriginCheck } from '../../../lambdas/data-plane/origin-check.ts';
import { createLogger, type LogLine } from '../../../lambdas/telemetry/logger.ts';

/** Secrets Manager has no local form: this is its answer at the edge of our process, counted. */
function createSecret(value: object) {
  const secret = { value, down: false, reads: 0 };
  const transport: AwsTransport = {
    async call() {
      secret.reads += 1;
      if (secret.down) throw new Error('no answer');
      return { SecretString: JSON.stringify(secret.value) };
    },
    close: () => undefined,
  };
  const clock = { now: 1_000_000 };
  const logs: LogLine[] = [];
  const logger = createLogger((line) => logs.push(line));
  const check = createOriginCheck({ secretsManager: transport, secretId: 'origin', now: () => clock.now, logger });
  return { secret, clock, logs, check };
}

it('accepts a rotated value within seconds, and the one before it for as long as it is listed', async () => {
  const { secret, clock, check } = createSecret({ current: 'old' });
  await check('old');
  secret.value = { current: 'new', previous: 'old' };
  clock.now += 10_000;

  const answers = [await check('new'), await check('old')];
  secret.value = { current: 'new' };
  clock.now += 5 * 60_000 + 1;
  const afterwards = [await check('new'), await check('old')];

  expect(answers).toEqual([true, true]);
  expect(afterwards).toEqual([true, false]);
});

it('lets in all of several requests that meet a fresh process, with one read', async () => {
  const { secret, check } = createSecret({ current: 'value' });

  const answers = await Promise.all([check('value'), check('value'), check('value')]);

  expect(answers).toEqual([true, true, true]);
  expect(secret.reads).toBe(1);
});

it('lets no stranger make it read the secret more than once in ten seconds', async () => {
  const { secret, clock, check } = createSecret({ current: 'value' });
  await check('value');

  const guesses = await Promise.all(Array.from({ length: 50 }, (_, index) => check(`guess ${index}`)));
  const readsAtOnce = secret.reads;
  clock.now += 10_000;
  const later = await check('guess');

  expect([...guesses, later]).not.toContain(true);
  expect(readsAtOnce).toBe(1);
  expect(secret.reads).toBe(2);
});

it('goes on with what it knows while the secret cannot be read, and says so without a word of the error', async () => {
  const { secret, clock, logs, check } = createSecret({ current: 'value' });
  await check('value');
  secret.down = true;
  clock.now += 60 * 60_000;

  const known = await check('value');

  expect(known).toBe(true);
  expect(logs).toMatchObject([{ type: 'fault', kind: 'origin-secret-unavailable', error: 'Error' }]);
  expect(JSON.stringify(logs)).not.toContain('no answer');
});

it('refuses everybody before it could read the secret, and a request without the header always', async () => {
  const { secret, clock, check } = createSecret({ current: 'value', previous: '' });
  secret.down = true;

  const unread = await check('value');
  secret.down = false;
  clock.now += 10_000;
  const read = await check('value');
  const withoutHeader = [await check(undefined), await check('')];

  expect([unread, read]).toEqual([false, true]);
  expect(withoutHeader).toEqual([false, false]);
});
