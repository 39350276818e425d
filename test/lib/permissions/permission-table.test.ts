import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { effectiveGrants } from './effective-grants.ts';
import type { StackTemplate } from './iam-evaluator.ts';
import { nameOfArn, roleNames, rolePlace, roleStatements, unnamedRoles } from './permission-catalog.ts';
import { permissionDocument } from './permission-document.ts';
import { acknowledgedWildcards, permissionTable } from './permission-table.ts';
import { templates } from './synthesized-planes.ts';
import { trustFaults } from './trust-policies.ts';

const alphabetically = (a: string, b: string): number => a.localeCompare(b);

function copyOfTemplates(): Record<string, StackTemplate> {
  return structuredClone(templates);
}

describe('the permission table', () => {
  it('names every role of the templates', () => {
    const unnamed = unnamedRoles();

    expect(unnamed).toEqual([]);
  });

  it.each(roleNames)('is exactly what the role may do: %s', (name) => {
    const grants = Map.groupBy(effectiveGrants(roleStatements(name)), ({ resource }) => nameOfArn(resource));

    const found = [...grants].map(([resource, ofResource]) => [
      resource,
      [...new Set(ofResource.map(({ action }) => action))].toSorted(alphabetically),
    ]);
    expect(Object.fromEntries(found)).toEqual(permissionTable[name].allowed);
  });

  it.each(roleNames)('has no action with a wildcard, and a reason for every right on everything: %s', (name) => {
    const grants = effectiveGrants(roleStatements(name));

    const broadActions = grants.filter(({ action }) => /[*?]/.test(action));
    const onPatterns = grants.filter(({ resource }) => /[*?]/.test(resource));
    const reasons = acknowledgedWildcards.filter(({ role }) => role === name);
    expect(broadActions).toEqual([]);
    expect(onPatterns.length > 0).toBe(reasons.length > 0);
    for (const { reason } of reasons) expect(reason.length).toBeGreaterThan(60);
  });

  it('is printed in docs/permissions.md; `npm run permissions` writes it', () => {
    const text = permissionDocument();

    expect(readFileSync('docs/permissions.md', 'utf8')).toBe(text);
  });
});

describe('who may assume a role', () => {
  it.each(roleNames)('is its one service, from this account where the service says so: %s', (name) => {
    const faults = trustFaults(name);

    expect(faults).toEqual([]);
  });

  it.each(
    roleNames.flatMap((name) => [
      [name, 'everybody', { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*' }] as const,
      [
        name,
        'the account',
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111122223333:root' } },
      ] as const,
      ...(permissionTable[name].trustConditions.length === 0
        ? []
        : [
            [
              name,
              'its service for any account',
              { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: permissionTable[name].service } },
            ] as const,
          ]),
    ]),
  )('would be seen to be more: %s by %s', (name, _who, statement) => {
    const copy = copyOfTemplates();
    const { stack, id } = rolePlace(name);
    const properties = copy[stack]?.Resources[id]?.Properties ?? {};
    properties['AssumeRolePolicyDocument'] = { Statement: [statement] };

    const faults = trustFaults(name, copy);

    expect(faults).not.toEqual([]);
  });
});
