import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';

/** The feature flags of the app, as every deployment has them. */
export const featureFlags: Record<string, unknown> = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync('cdk.json', 'utf8'))).context;

/** A folder shaped like a built bundle, so that construct tests need no build. */
export function bundleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bundle-'));
  writeFileSync(join(folder, 'index.cjs'), 'exports.handler = async () => {};\n');
  return folder;
}

/** A folder shaped like the output of a build: one bundle per function. */
export function bundlesFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bundles-'));
  for (const name of ['proxy', 'usage-rollup', 'tenant-authorizer', 'admin', 'reconcile']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'index.cjs'), `exports.handler = async () => '${name}';\n`);
  }
  return folder;
}

/** An empty stack in a fixed region, with the app's feature flags. */
export function emptyStack(region = 'eu-west-1'): Stack {
  return new Stack(new App({ context: featureFlags, analyticsReporting: false }), 'Test', { env: { region } });
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Resources of one type by logical id. */
export function resourcesOf(template: Template, type: string): Record<string, TemplateResource> {
  return template.findResources(type) as Record<string, TemplateResource>;
}

/** The only resource of a type. */
export function onlyResource(template: Template, type: string): TemplateResource {
  const [resource, ...others] = Object.values(resourcesOf(template, type));
  if (resource === undefined || others.length > 0)
    throw new Error(`expected one ${type}, got ${others.length + (resource ? 1 : 0)}`);
  return resource;
}

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** Statements of all identity policies in the template, with `Action` and `Resource` as lists. */
export function identityStatements(
  template: Template,
): { effect: string; actions: string[]; resources: string[]; statement: Statement }[] {
  const documents = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).map(
    ({ Properties }) => Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] },
  );
  return documents
    .flatMap(({ Statement }) => Statement)
    .map((statement) => ({
      effect: statement.Effect,
      actions: [statement.Action].flat(),
      resources: [statement.Resource].flat().map((resource) => JSON.stringify(resource)),
      statement,
    }));
}
