import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { CliError, usageError } from '../cli-error.ts';
import { exitCodes } from '../exit-code.ts';

/** A synthesized cloud assembly, read as what it is: files. */

const manifestSchema = z.object({
  artifacts: z
    .record(
      z.string(),
      z.object({
        type: z.string(),
        environment: z.string().optional(),
        properties: z
          .object({
            templateFile: z.string().optional(),
            stackName: z.string().optional(),
            directoryName: z.string().optional(),
          })
          .optional(),
      }),
    )
    .default({}),
});

const templateSchema = z.object({
  Resources: z
    .record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }))
    .default({}),
});

export type Resource = z.infer<typeof templateSchema>['Resources'][string];

export interface Stack {
  readonly name: string;
  readonly region: string;
  readonly resources: Readonly<Record<string, Resource>>;
}

/**
 * Every stack, those of nested assemblies (stages) included.
 *
 * @throws CliError (usage) when there is no assembly in the folder
 */
export function readAssembly(folder: string): Stack[] {
  const { artifacts } = parse(manifestSchema, readManifest(folder), join(folder, 'manifest.json'));
  return Object.entries(artifacts).flatMap(([id, { type, environment = '', properties = {} }]): Stack[] => {
    const { templateFile, stackName, directoryName } = properties;
    if (type === 'cdk:cloud-assembly' && directoryName !== undefined) return readAssembly(join(folder, directoryName));
    if (type !== 'aws:cloudformation:stack' || templateFile === undefined) return [];
    const path = join(folder, templateFile);
    const { Resources } = parse(templateSchema, readFileSync(path, 'utf8'), path);
    return [{ name: stackName ?? id, region: environment.split('/').at(-1) ?? '', resources: Resources }];
  });
}

function readManifest(folder: string): string {
  try {
    return readFileSync(join(folder, 'manifest.json'), 'utf8');
  } catch {
    throw usageError(
      `There is no cloud assembly in ${folder}. This makes one, offline:\n  npx cdk synth -q\nor say where it is: --assembly FOLDER`,
    );
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string, path: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new CliError(exitCodes.usage, `${path} is not what a synthesized assembly holds.`);
  }
}
