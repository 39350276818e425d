import { expect, it } from 'vitest';
import { KeyWrapperError, type KeyWrapperErrorKind } from '../../../lambdas/crypto/key-wrapper-error.ts';
import type { EncryptionContext } from '../../../lambdas/crypto/key-wrapper.ts';
import { createLocalKeyWrapper } from '../../../lambdas/crypto/local-key-wrapper.ts';
import { reportKeyFailures } from '../../../lambdas/data-plane/key-failures.ts';
import { createLogger, type LogLine } from '../../../lambdas/telemetry/logger.ts';

const context: EncryptionContext = {
  app: 'gatehouse',
  organization: 'o',
  workspace: 'w',
  provider: 'lab',
  credential: 'lab',
};

function failing(error: unknown) {
  const logs: LogLine[] = [];
  const unwrapDataKey = async (): Promise<never> => {
    throw error;
  };
  const reported = reportKeyFailures(
    { unwrapDataKey },
    createLogger((line) => logs.push(line)),
  );
  return { logs, reported };
}

it.each<KeyWrapperErrorKind>(['unavailable', 'denied'])(
  'reports that the key service is %s, and throws it on',
  async (kind) => {
    const error = new KeyWrapperError(kind, 'KMS Decrypt: something');
    const { logs, reported } = failing(error);

    const outcome = reported.unwrapDataKey(Buffer.from('wrapped'), context);

    await expect(outcome).rejects.toBe(error);
    expect(logs).toMatchObject([{ type: 'fault', kind: 'key-service-failed', error: 'KeyWrapperError' }]);
    expect(JSON.stringify(logs)).not.toContain('something');
  },
);

it('does not blame the key service for a key of another context', async () => {
  const logs: LogLine[] = [];
  const { generator, unwrapper } = createLocalKeyWrapper(Buffer.alloc(32));
  const { wrapped } = await generator.generateDataKey(context);
  const reported = reportKeyFailures(
    unwrapper,
    createLogger((line) => logs.push(line)),
  );

  const outcome = reported.unwrapDataKey(wrapped, { ...context, workspace: 'another' });

  await expect(outcome).rejects.toMatchObject({ kind: 'mismatch' });
  expect(logs).toEqual([]);
});
