import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import * as z from 'zod';
import { parseDeploymentConfig } from '../../../lib/deployment-config.ts';
import type { DeploymentConfig } from '../../../lib/deployment-config.ts';
import { Gatehouse } from '../../../lib/gatehouse.ts';
import { bundlesFolder, featureFlags } from '../synthesize.ts';

/** One configuration, synthesized with the packs of cdk-nag as `bin/gatehouse.ts` does it. */
export interface Variant {
  readonly config: DeploymentConfig;
  readonly gatehouse: Gatehouse;
  /** The cloud assembly. */
  readonly directory: string;
  /** By stack name. */
  readonly templates: Readonly<Record<string, VariantTemplate>>;
  /** What cdk-nag and CDK found and nobody acknowledged. */
  readonly findings: readonly string[];
}

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().exactOptional(),
  UpdateReplacePolicy: z.string().exactOptional(),
});
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })).default({}),
});
export type VariantTemplate = z.infer<typeof templateSchema>;
export type Resource = z.infer<typeof resourceSchema>;

/** What makes a variant what it is: a title in the present tense, and the assertions behind it. */
export type Claims = Readonly<Record<string, (variant: Variant) => void>>;

const folder = 'examples';

/** Names of the files in `examples`, which are those of the variants. */
export const exampleNames = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));

export function readExample(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}

export function synthesizeVariant(settings: unknown): Variant {
  const app = new App({ context: featureFlags, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  const config = parseDeploymentConfig(settings);
  const gatehouse = new Gatehouse(app, 'Gatehouse', { config, bundlesPath: bundlesFolder() });
  const { directory, stacks } = app.synth();
  return {
    config,
    gatehouse,
    directory,
    templates: Object.fromEntries(stacks.map((stack) => [stack.stackName, templateSchema.parse(stack.template)])),
    findings: readFindings(directory),
  };
}

export function resourcesOfType(template: VariantTemplate | undefined, type: string): Resource[] {
  return Object.values(template?.Resources ?? {}).filter((resource) => resource.Type === type);
}

/** The template of the stack, which must be there. */
export function templateOf({ templates }: Variant, stackName: string): VariantTemplate {
  const template = templates[stackName];
  if (template === undefined) throw new Error(`expected a stack ${stackName}, got: ${Object.keys(templates).join()}`);
  return template;
}

const reportSchema = z.object({
  pluginReports: z.array(z.object({ violations: z.array(z.object({ ruleName: z.string() })) })),
});

/** Of a cloud assembly. */
export function readFindings(directory: string): string[] {
  const report: unknown = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  const { pluginReports } = reportSchema.parse(report);
  return pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}
