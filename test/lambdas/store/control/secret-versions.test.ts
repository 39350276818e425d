import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  drawSecretVersion,
  forgetSecretVersions,
  getSecretVersions,
  iterateSecretVersions,
  withdrawSecretVersions,
} from '../../../../lambdas/store/control/secret-versions.ts';
import type { DocumentTable } from '../../../../lambdas/store/document.ts';
import { startTestStore, type TestStore } from '../../../fixtures/data-plane.ts';

let testStore: TestStore;
let control: DocumentTable;

beforeAll(async () => {
  testStore = await startTestStore();
  control = { store: testStore.store, table: testStore.tables.control };
});

afterAll(() => testStore.close());

const newPlace = () => ({ owner: { kind: 'workspace', workspace: randomUUID() }, provider: 'openai' }) as const;

describe('drawSecretVersion', () => {
  it('gives every version once, however many draw at the same time', async () => {
    const place = newPlace();

    const drawn = await Promise.all(Array.from({ length: 6 }, () => drawSecretVersion(control, place, undefined)));

    expect(drawn.toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('begins above what is in use already', async () => {
    const place = newPlace();

    const drawn = await drawSecretVersion(control, place, { secretVersion: 7, oldestSecretVersion: 6 });

    expect(drawn).toBe(8);
    expect(await getSecretVersions(control, place.owner, 'openai')).toMatchObject({
      oldest: 6,
      drawn: 8,
      withdrawn: 0,
    });
  });
});

describe('withdrawSecretVersions and forgetSecretVersions', () => {
  it('withdraw all that was drawn, note what is gone, and never go back', async () => {
    const place = newPlace();
    for (let times = 0; times < 3; times += 1) await drawSecretVersion(control, place, undefined);

    const withdrawn = await withdrawSecretVersions(control, place, undefined);
    await forgetSecretVersions(control, place, 3);
    await forgetSecretVersions(control, place, 1);
    const next = await drawSecretVersion(control, place, undefined);

    expect(withdrawn).toEqual({ provider: 'openai', oldest: 1, drawn: 3, withdrawn: 3 });
    expect(next).toBe(4);
    expect(await getSecretVersions(control, place.owner, 'openai')).toMatchObject({
      oldest: 4,
      drawn: 4,
      withdrawn: 3,
    });
  });
});

describe('iterateSecretVersions', () => {
  it('finds those of one owner', async () => {
    const [place, other] = [newPlace(), newPlace()];
    await drawSecretVersion(control, place, undefined);
    await drawSecretVersion(control, { ...place, provider: 'groq' }, undefined);
    await drawSecretVersion(control, other, undefined);

    const providers: string[] = [];
    for await (const { value } of iterateSecretVersions(control, place.owner)) providers.push(value.provider);

    expect(providers).toEqual(['groq', 'openai']);
  });
});
