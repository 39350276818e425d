import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  takeName,
  takeNewName,
  type UniqueName,
} from '../../../../../lambdas/control-plane/admin/tenancy/unique-name.ts';
import type { DocumentTable } from '../../../../../lambdas/store/document.ts';
import { startTestStore, type TestStore } from '../../../../fixtures/data-plane.ts';

let testStore: TestStore;
let control: DocumentTable;

beforeAll(async () => {
  testStore = await startTestStore();
  control = { store: testStore.store, table: testStore.tables.control };
});

afterEach(() => {
  vi.useRealTimers();
});

afterAll(() => testStore.close());

/** Owners and the names they have; a claim does not tell. */
const names = new Map<string, string>();

function ownerWith(name?: string): UniqueName {
  const owner = randomUUID();
  if (name !== undefined) names.set(owner, name);
  return { scope: { kind: 'organization' }, owner, nameOf: async (other) => names.get(other) };
}

function letPass(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

const taken = { status: 409, code: 'name_taken', errors: [{ field: 'body.name' }] };

describe('takeName', () => {
  it('lets the owner take a name again, and nobody else, however it is written', async () => {
    const name = `Ångström ${randomUUID()}`;
    const owner = ownerWith(name);

    await takeName(control, owner, name);

    await takeName(control, owner, name.toUpperCase());
    await expect(takeName(control, ownerWith(), name.normalize('NFD').toLowerCase())).rejects.toMatchObject(taken);
  });

  it('keeps a claim for a minute although its owner does not exist yet, and no longer', async () => {
    const name = randomUUID();
    await takeName(control, ownerWith(), name);

    letPass(59_000);
    await expect(takeName(control, ownerWith(), name)).rejects.toMatchObject(taken);
    letPass(2000);
    await takeName(control, ownerWith(), name);
  });

  it('keeps a name for as long as its owner has it', async () => {
    const name = randomUUID();
    await takeName(control, ownerWith(name), name);

    letPass(3_600_000);

    await expect(takeName(control, ownerWith(), name)).rejects.toMatchObject(taken);
  });

  it('gives a minute more to an owner that claims anew, after a call of it had died', async () => {
    const name = randomUUID();
    const owner = ownerWith();
    await takeName(control, owner, name);

    letPass(61_000);
    await takeName(control, owner, name);

    await expect(takeName(control, ownerWith(), name)).rejects.toMatchObject(taken);
  });
});

describe('takeNewName', () => {
  it('holds both names until the old one is given back', async () => {
    const [from, to] = [randomUUID(), randomUUID()];
    const owner = ownerWith(from);
    await takeName(control, owner, from);

    const giveBack = await takeNewName(control, owner, { from, to });

    await expect(takeName(control, ownerWith(), from)).rejects.toMatchObject(taken);
    await expect(takeName(control, ownerWith(), to)).rejects.toMatchObject(taken);
    await giveBack();
    await takeName(control, ownerWith(), from);
  });

  it('keeps the claim where only letters change', async () => {
    const name = `name ${randomUUID()}`;
    const owner = ownerWith(name);
    await takeName(control, owner, name);

    await (
      await takeNewName(control, owner, { from: name, to: name.toUpperCase() })
    )();

    await expect(takeName(control, ownerWith(), name)).rejects.toMatchObject(taken);
  });

  it('does not give back a name that its owner returned to meanwhile', async () => {
    const [from, to] = [randomUUID(), randomUUID()];
    const owner = ownerWith(from);
    await takeName(control, owner, from);

    const giveBack = await takeNewName(control, owner, { from, to });
    await takeNewName(control, owner, { from: to, to: from });
    await giveBack();

    await expect(takeName(control, ownerWith(), from)).rejects.toMatchObject(taken);
  });

  it('leaves a name to others once its owner has another, though it was never given back', async () => {
    const [from, to] = [randomUUID(), randomUUID()];
    const owner = ownerWith(from);
    await takeName(control, owner, from);
    await takeNewName(control, owner, { from, to });
    names.set(owner.owner, to);

    letPass(61_000);

    await takeName(control, ownerWith(), from);
  });
});
