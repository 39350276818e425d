import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../lambdas/control-plane/contract/operation.ts';
import { type OperationId, operationIds, operations } from '../../lambdas/control-plane/contract/operations.ts';
import { permissions, rolePermissions, signedInPermissions } from '../../lambdas/control-plane/contract/permission.ts';
import { problemCodes } from '../../lambdas/control-plane/contract/problem.ts';

const repositoryFolder = join(import.meta.dirname, '../..');

const read = (path: string): string => readFileSync(join(repositoryFolder, path), 'utf8');

/** Cells of the table rows whose first cell is code that `pattern` matches, that code without its backticks. */
function rowsOf(text: string, pattern: RegExp): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim()),
    )
    .map(([code = '', ...cells]) => [code.replaceAll('`', ''), ...cells])
    .filter(([code = '']) => pattern.test(code));
}

describe('docs/errors.md', () => {
  const section = read('docs/errors.md').split('\n## Admin API\n')[1]!.split('\n## ')[0]!;
  const rows = rowsOf(section, /^[a-z_]+$/);

  test('has every code of the admin API, in the order of the contract, and no other', () => {
    const codes = rows.map(([code]) => code);

    expect(codes).toEqual(problemCodes);
  });

  test('says of each what caused it and what to do', () => {
    const sentences = rows.flatMap(([, , cause = '', remedy = '']) => [cause, remedy]);

    expect(sentences.filter((text) => !/^[A-Z].*\.$/.test(text))).toEqual([]);
  });

  test('names the status that the source gives a code', () => {
    const source = globSync('lambdas/control-plane/**/*.ts', { cwd: repositoryFolder }).map(read).join('\n');
    const given = [...source.matchAll(/new Problem\(\s*'([a-z_]+)',\s*(\d{3}),/g)].map(([, code, status]) => [
      code,
      status,
    ]);
    const documented = rows.map(([code, status]) => [code, status]);

    expect(given.length).toBeGreaterThan(20);
    for (const pair of given) expect(documented).toContainEqual(pair);
  });
});

describe('docs/admin-api.md', () => {
  const text = read('docs/admin-api.md');
  const rows = rowsOf(text, /^[a-z-]+:[a-z-]+$/);

  test('has every permission, in the order of the contract', () => {
    const named = rows.map(([permission]) => permission);

    expect(named).toEqual(permissions);
  });

  test('gives each permission to the roles that have it', () => {
    const roles = ['owner', 'admin', 'member', 'auditor'] as const;
    const expected = permissions.map((permission) => [
      permission,
      ...roles.map((role) => (rolePermissions[role].has(permission) ? 'yes' : '')),
      signedInPermissions.has(permission) ? 'yes' : '',
    ]);

    const documented = rows.map(([permission, _operations, ...cells]) => [permission, ...cells]);

    expect(text).toContain(`| Permission | Operations | ${roles.join(' | ')} | anybody signed in |`);
    expect(documented).toEqual(expected);
  });

  test('names each operation beside the permission that it takes', () => {
    const expected = permissions.map((permission) => [
      permission,
      ...operationIds.filter((id) => operations[id].permission === permission).toSorted(),
    ]);

    const documented = rows.map(([permission, names = '']) => [
      permission,
      ...[...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).toSorted(),
    ]);

    expect(documented).toEqual(expected);
  });

  const calls = callsIn(text);

  test('shows a call of nearly everything that can be made or changed', () => {
    const shown = new Set(calls.map(({ line }) => operationOf(line)));

    expect(shown.size).toBeGreaterThan(18);
  });

  test.each(calls)('shows a call that the contract takes: $line.method $line.path', ({ line, body }) => {
    const id = operationOf(line);
    const operation: Operation | undefined = id && operations[id];

    expect(operation).toBeDefined();
    expect(operation?.body?.safeParse(body).error).toBeUndefined();
    expect(operation?.body === undefined && body !== undefined).toBe(false);
    expect((operation?.query ?? empty).safeParse(Object.fromEntries(line.query)).success).toBe(true);
  });
});

interface Line {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** For operations without a query: any member is one too many. */
const empty = { safeParse: (query: object) => ({ success: Object.keys(query).length === 0 }) };

/** Lines such as `api "$ADMIN/keys/$KEY" -X PATCH -d '{...}'`; a method is curl's own where none is named. */
function callsIn(text: string): { line: Line; body: unknown }[] {
  const lines = text.replaceAll('\\\n', ' ').matchAll(/^api "\$ADMIN(\/[^"]*)"(.*)$/gm);
  return [...lines].map(([, target = '', rest = '']) => {
    const data = /-d '([^']*)'/.exec(rest)?.[1];
    const method = /-X (\w+)/.exec(rest)?.[1] ?? (data === undefined ? 'GET' : 'POST');
    const [path = '', query] = target.split('?');
    return {
      line: { method, path, query: new URLSearchParams(query) },
      body: data === undefined ? undefined : JSON.parse(data),
    };
  });
}

function operationOf({ method, path }: Line): OperationId | undefined {
  return operationIds.find((id) => {
    const operation = operations[id];
    const pattern = new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    return operation.method === method && pattern.test(path);
  });
}
