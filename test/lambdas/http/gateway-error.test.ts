import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** The union, from its source: a type is not there when a test runs. */
const declared = read('lambdas/http/gateway-error.ts')
  .split('export type GatewayErrorCode =')[1]!
  .split(';')[0]!
  .match(/(?<=\| ')[a-z_]+/g)!;

/** Codes of what CloudFront, the web ACL and API Gateway answer in the proxy's place, with whose fault they are. */
const ofTheEdge = globSync('lib/edge/*.ts', { cwd: new URL('../../../', import.meta.url).pathname })
  .flatMap((file) => [...read(file).matchAll(/^\s+code: '([a-z_]+)',\n(?:.+\n)*?\s+owner: '([a-z]+)',/gm)])
  .map(([, code = '', owner = '']) => ({ code, owner }));

interface Row {
  readonly code: string;
  readonly statuses: readonly string[];
  readonly owners: readonly string[];
  readonly advice: string;
}

const [ofTheProxy, edgeSection = ''] = read('docs/errors.md').split('\n## The edge\n');
const documented = rowsOf(ofTheProxy!);
const documentedEdge = rowsOf(edgeSection.split('\n## ')[0]!);

function rowsOf(page: string): Row[] {
  return page.split('\n').flatMap((line) => {
    const [, code, statuses, owners, advice] =
      /^\| `([a-z_]+)` \| ([\d, ]+) \| ([a-z, ]+) \| (.+) \|$/.exec(line) ?? [];
    return code === undefined
      ? []
      : [{ code, statuses: statuses!.split(', '), owners: owners!.split(', '), advice: advice! }];
  });
}

describe('docs/errors.md', () => {
  it('has a row for every code, in the order of the source, and no other', () => {
    expect(declared.length).toBeGreaterThan(30);
    expect(documented.map(({ code }) => code)).toEqual(declared);
  });

  it('has a row for every code of the edge that the proxy does not have, and its owner', () => {
    const own = ofTheEdge.filter(({ code }) => !declared.includes(code)).toSorted(byCode);

    const rows = documentedEdge.map(({ code, owners }) => ({ code, owner: owners.join() })).toSorted(byCode);
    expect(own.length).toBeGreaterThan(3);
    expect(rows).toEqual(own);
  });

  it('says of every code who is at fault and what to do', () => {
    for (const { owners, advice } of [...documented, ...documentedEdge]) {
      expect(owners.filter((owner) => !['caller', 'gateway', 'provider'].includes(owner))).toEqual([]);
      expect(advice).toMatch(/\.$/);
    }
  });

  it('names every status that the source gives a code', () => {
    const root = new URL('../../../', import.meta.url).pathname;
    const source = globSync('lambdas/**/*.ts', { cwd: root }).map(read).join('\n');
    const given = [
      ...source.matchAll(/(?:Error|make|limited)\(\s*(?:\{ code: )?'([a-z_]+)',\s*(?:status: )?(\d{3}),/g),
    ];
    const rows = new Map(documented.map((row) => [row.code, row.statuses]));

    expect(given.length).toBeGreaterThan(30);
    for (const [, code = '', status] of given)
      expect([code, rows.get(code)]).toEqual([code, expect.arrayContaining([status])]);
  });
});

function byCode(one: { readonly code: string }, other: { readonly code: string }): number {
  return one.code.localeCompare(other.code);
}
