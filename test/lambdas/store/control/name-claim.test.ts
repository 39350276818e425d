import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  claimName,
  comparableName,
  getNameClaim,
  releaseNamesOf,
} from '../../../../lambdas/store/control/name-claim.ts';
import type { DocumentTable } from '../../../../lambdas/store/document.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';

let testStore: TestStore;
let control: DocumentTable;

beforeAll(async () => {
  testStore = await startTestStore();
  control = { store: testStore.store, table: testStore.tables.control };
});

afterAll(() => testStore.close());

describe('two names', () => {
  test.each([
    ['case', 'ACME', 'acme'],
    ['compatibility characters', 'ＡＣＭＥ', 'acme'],
    ['composition', 'Å', 'A\u030a'],
    ['a joiner that cannot be seen', 'Ac\u200dme', 'acme'],
    ['a variation selector', 'Acme\ufe0f', 'acme'],
    ['the number and kind of spaces', 'Acme \u00a0 Lab', 'acme lab'],
  ])('are the same where they differ in %s', (_, one, other) => {
    expect(comparableName(one)).toBe(comparableName(other));
  });

  test('are different where a reader sees a difference', () => {
    expect(comparableName('Acme 1')).not.toBe(comparableName('Acme 2'));
  });
});

test('every name of an organization is given back, and none of another', async () => {
  const scope = { kind: 'organization' } as const;
  const claims = [1, 2, 3].map(() => ({ scope, name: randomUUID(), owner: 'org_mine' }));
  const foreign = { scope, name: randomUUID(), owner: 'org_mine2' };
  for (const claim of [...claims, foreign]) await claimName(control, claim, async () => true);

  await releaseNamesOf(control, 'org_mine');

  const left = await Promise.all(claims.map((claim) => getNameClaim(control, claim)));
  expect(left).toEqual([undefined, undefined, undefined]);
  expect(await getNameClaim(control, foreign)).toBe(1);
});
