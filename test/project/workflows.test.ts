import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

const folder = join(import.meta.dirname, '../../.github/workflows');

const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.unknown()).optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const job = z.object({
  permissions: permissions.optional(),
  environment: z.string().optional(),
  'timeout-minutes': z.number().optional(),
  steps: z.array(step),
});
const workflow = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions: permissions.optional(),
  concurrency: z.object({ group: z.string() }).optional(),
  jobs: z.record(z.string(), job),
});

const files = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  return { name, text, workflow: workflow.parse(parse(text)) };
});
const jobs = files.flatMap(({ name, workflow: { jobs: all } }) =>
  Object.entries(all).map(([id, definition]) => ({ where: `${name}: ${id}`, ...definition })),
);
const steps = jobs.flatMap(({ where, steps: all }) => all.map((definition) => ({ where, ...definition })));

describe('the workflows', () => {
  test('pin every action to a commit and say which version that is', () => {
    const pinned = /^ *(?:- )?uses: [\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

    const uses = files.flatMap(({ text }) => text.split('\n').filter((line) => /^\s*(?:- )?["']?uses\b/.test(line)));

    expect(uses.filter((line) => !pinned.test(line))).toEqual([]);
    expect(uses).toHaveLength(steps.filter(({ uses: action }) => action !== undefined).length);
    expect(uses.length).toBeGreaterThan(10);
  });

  test('use one commit of each action', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    const commits = new Map<string, Set<string>>();
    for (const [name, commit] of actions.map((action) => action.split('@') as [string, string])) {
      commits.set(name, new Set([...(commits.get(name) ?? []), commit]));
    }

    expect([...commits].filter(([, found]) => found.size > 1)).toEqual([]);
  });

  test('take all permissions away and give each job its own', () => {
    expect(files.filter(({ workflow: all }) => Object.keys(all.permissions ?? { none: 1 }).length > 0)).toEqual([]);
    expect(jobs.filter((definition) => definition.permissions === undefined).map(({ where }) => where)).toEqual([]);
  });

  test('write nothing but what a line here allows', () => {
    const writes = jobs.flatMap(({ where, permissions: granted = {} }) =>
      Object.entries(granted)
        .filter(([, access]) => access === 'write')
        .map(([scope]) => `${where}: ${scope}`),
    );

    expect(writes.toSorted()).toEqual([
      'codeql.yml: analyze: security-events',
      'deploy.yml: deploy: id-token',
      'release.yml: announce: contents',
      'release.yml: attest: attestations',
      'release.yml: attest: id-token',
      'release.yml: publish: id-token',
    ]);
  });

  test('hold no long-lived key: of secrets there is only the token of the run', () => {
    const named = files.flatMap(({ name, text }) =>
      [...text.matchAll(/\bsecrets\b[^}\n]*|aws-(?:access-key-id|secret-access-key)|NODE_AUTH_TOKEN|NPM_TOKEN/g)].map(
        ([found]) => `${name}: ${found}`,
      ),
    );

    expect(named).toEqual([]);
  });

  test('give no token for another identity to a job that builds or tests', () => {
    const trusted = jobs.filter(({ permissions: granted }) => granted?.['id-token'] === 'write');

    // The job that deploys has an environment with reviewers, runs no script of a package, and gets its credentials after that.
    const building = trusted.filter(({ steps: all }) =>
      all.some(({ run }) => /npm (?:ci|install|test|run)|\.ci\/run/.test(run ?? '')),
    );

    expect(building.map(({ where, environment }) => [where, environment])).toEqual([
      ['deploy.yml: deploy', '${{ inputs.environment }}'],
    ]);
    const installs = building.flatMap(({ steps: all }) => all.flatMap(({ run }) => (run?.includes('npm') ? run : [])));
    expect(installs).toEqual(['npm ci --ignore-scripts']);
    const order = building.flatMap(({ steps: all }) =>
      all.map(({ uses, run }) =>
        uses?.startsWith('aws-actions/') ? 'credentials' : run?.includes('npm ci') && 'install',
      ),
    );
    expect(order.filter(Boolean)).toEqual(['install', 'credentials']);
  });

  test('run on no event by which a stranger reaches a token that can write', () => {
    const events = files.flatMap(({ workflow: all }) => Object.keys(all.on));

    expect(
      events.filter((event) => !['pull_request', 'push', 'schedule', 'workflow_dispatch'].includes(event)),
    ).toEqual([]);
  });

  test('put nothing into a script but by its environment', () => {
    const scripts = steps.filter(({ run }) => run?.includes('${{'));

    expect(scripts.map(({ where, run }) => `${where}: ${run}`)).toEqual([]);
  });

  test('leave no credentials of Git behind for later steps', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));

    expect(checkouts.filter((checkout) => checkout.with?.['persist-credentials'] !== false)).toEqual([]);
    expect(checkouts.length).toBeGreaterThan(3);
  });

  test('restore no cache where a release or a deployment is made', () => {
    const setups = steps.filter(
      ({ where, uses }) => /^(?:release|deploy)/.test(where) && uses?.startsWith('actions/setup-node@'),
    );

    expect(setups.filter((setup) => setup.with?.['package-manager-cache'] !== false)).toEqual([]);
    expect(steps.filter(({ uses }) => uses?.startsWith('actions/cache'))).toEqual([]);
  });

  test('end by themselves and do not run beside themselves', () => {
    expect(jobs.filter((definition) => definition['timeout-minutes'] === undefined).map(({ where }) => where)).toEqual(
      [],
    );
    expect(files.filter(({ workflow: { concurrency } }) => concurrency === undefined).map(({ name }) => name)).toEqual(
      [],
    );
  });

  test('prove what a person would by hand: the one command of a merge, before a release too', () => {
    const proving = jobs.filter(({ steps: all }) => all.some(({ run }) => run === '.ci/run'));

    expect(proving.map(({ where }) => where)).toEqual(['ci.yml: prove', 'release.yml: pack']);
  });
});
