import { expect, test } from 'vitest';
import { StoreError } from '../../../lambdas/store/client.ts';
import { positionsOf, thrownFailure } from '../../../lambdas/telemetry/thrown-failure.ts';

test('keeps the name and the positions of an error, and nothing that it says or holds', () => {
  const error = new StoreError('condition-failed', 'a secret', { item: { pk: { S: 'secret' } }, cause: 'secret' });

  const failure = thrownFailure(error, []);

  expect(failure.name).toBe('StoreError');
  expect(failure.stack).toContain('thrown-failure.test.ts');
  expect(JSON.stringify([failure.message, failure.stack, failure.cause, Object.entries(failure)])).not.toContain(
    'secret',
  );
});

test('takes no line of a message for a position', () => {
  const error = new SyntaxError('Unexpected token, "\n    at secret (body:1:2)\n" is not valid JSON');

  const positions = positionsOf(error);

  expect(positions[0]).toContain('thrown-failure.test.ts');
  expect(positions.join('\n')).not.toContain('secret');
});

test('keeps a message of our own, also of a subclass, without what else the error holds', () => {
  const error = new StoreError('rejected', 'GetItem: no table', { item: { pk: { S: 'secret' } } });

  const failure = thrownFailure(error, [StoreError]);

  expect(failure.message).toBe('GetItem: no table');
  expect(Object.keys(failure)).toEqual(['name']);
});

test('says nothing of what is thrown without being an error', () => {
  const failure = thrownFailure('secret', [Error]);

  expect([failure.name, failure.message]).toEqual(['Error', 'see the fault logged before']);
});
