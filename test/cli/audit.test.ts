import { describe, expect, test } from 'vitest';
import { chainStart, hashAuditEntry } from '../../lambdas/control-plane/audit/chain.ts';
import type { AuditEntry } from '../../lambdas/store/audit-entry.ts';
import { startAdminServer } from './admin-server.ts';
import { runCommand } from './run-command.ts';

const verify = ['audit', 'verify', '--organization', 'org_1'];

function chainOf(length: number, chain = 'org_1'): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const entry = {
      chain,
      sequence,
      at: '2026-11-22T06:30:00.000Z',
      actor: 'bootstrap-token',
      action: 'key.revoke',
      target: `key/${sequence}`,
      sourceAddress: '127.0.0.1',
      requestId: `req_${sequence}`,
      beforeDigest: null,
      afterDigest: null,
      previousHash: entries.at(-1)?.hash ?? chainStart,
    };
    entries.push({ ...entry, hash: hashAuditEntry(entry) });
  }
  return entries;
}

/** Serves the entries oldest first, three to a page. */
function serve(entries: readonly AuditEntry[]) {
  return startAdminServer(({ query }) => {
    const from = Number(query['cursor'] ?? 0);
    const next = from + 3;
    return { body: { data: entries.slice(from, next), nextCursor: next < entries.length ? String(next) : null } };
  });
}

describe('the audit trail', () => {
  test('that is whole is walked from its first entry and its head printed', async () => {
    const entries = chainOf(7);
    const server = await serve(entries);

    const ended = await runCommand(verify, { server });

    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(`The chain is whole: 7 entries.\nhead 7 ${entries[6]?.hash}\n`);
    expect(server.calls.map(({ query }) => query['order'])).toEqual(['oldest', 'oldest', 'oldest']);
  });

  test.each([
    ['changed', (entries: AuditEntry[]) => entries.with(4, { ...chainOf(7)[4]!, actor: 'somebody else' }), 5],
    ['removed', (entries: AuditEntry[]) => entries.toSpliced(4, 1), 6],
    ['put in', (entries: AuditEntry[]) => entries.toSpliced(4, 0, { ...entries[4]!, requestId: 'req_x' }), 5],
    ['cut off at the front', (entries: AuditEntry[]) => entries.slice(1), 2],
  ])('with an entry %s names the first that is out of order', async (_, tamper, sequence) => {
    const server = await serve(tamper(chainOf(7)));

    const ended = await runCommand(verify, { server });

    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(new RegExp(`broken at entry ${sequence}:`));
  });

  test('with its end cut off is found out by a head that was kept', async () => {
    const entries = chainOf(7);
    const kept = entries[5]?.hash ?? '';

    const whole = await runCommand([...verify, '--expect-head', kept], { server: await serve(entries) });
    const cut = await runCommand([...verify, '--expect-head', kept], { server: await serve(entries.slice(0, 5)) });
    const empty = await runCommand([...verify, '--expect-head', kept], { server: await serve([]) });

    expect([whole.code, cut.code, empty.code]).toEqual([0, 1, 1]);
    expect(cut.stderr).toMatch(/cut off/);
  });

  test('of another organization is not taken for this one’s', async () => {
    const ended = await runCommand(verify, { server: await serve(chainOf(2, 'org_2')) });

    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/another chain: org_2/);
  });

  test('of the platform and of an erased organization are read from the platform', async () => {
    const ofPlatform = await serve(chainOf(1, 'platform'));
    const ofErased = await serve(chainOf(1, 'org_1'));

    const platform = await runCommand(['audit', 'verify', '--platform'], { server: ofPlatform });
    const erased = await runCommand([...verify, '--platform'], { server: ofErased });

    expect([platform.code, erased.code]).toEqual([0, 0]);
    expect(ofPlatform.calls[0]).toMatchObject({ operation: 'listPlatformAuditEvents', query: { order: 'oldest' } });
    expect(ofErased.calls[0]?.query).toMatchObject({ organization: 'org_1' });
  });

  test('is judged for scripts too', async () => {
    const entries = chainOf(2);

    const whole = await runCommand([...verify, '--json'], { server: await serve(entries) });
    const broken = await runCommand([...verify, '--json'], { server: await serve(entries.slice(1)) });

    expect(JSON.parse(whole.stdout)).toEqual({ entries: 2, head: { sequence: 2, hash: entries[1]?.hash } });
    expect(JSON.parse(broken.stdout)).toMatchObject({ entries: 1, broken: { sequence: 2 } });
    expect(broken.code).toBe(1);
  });

  test('is listed no further than asked', async () => {
    const server = await serve(chainOf(7));

    const ended = await runCommand(['audit', 'list', '--organization', 'org_1', '--limit', '2', '--quiet'], { server });

    expect(ended.stdout).toBe('1\n2\n');
    expect(server.calls).toHaveLength(1);
  });
});
