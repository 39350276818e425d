import { createHash } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

const templateEnding = '.template.json';

/** Templates of a synthesized app by artifact id, which is the file's name. */
export async function readTemplates(assembly: string): Promise<Readonly<Record<string, CloudFormationTemplate>>> {
  const files = (await readdir(assembly)).filter((file) => file.endsWith(templateEnding));
  const entries = files.map(async (file) => {
    const template = JSON.parse(await readFile(join(assembly, file), 'utf8')) as CloudFormationTemplate;
    return [file.slice(0, -templateEnding.length), template] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Puts another template into an assembly, and its digest where the CLI looks for it: the upload goes by that name. */
export async function replaceTemplate(assembly: string, artifact: string, template: object): Promise<void> {
  const file = `${artifact}${templateEnding}`;
  const text = JSON.stringify(template);
  const digest = createHash('sha256').update(text).digest('hex');
  const assets = join(assembly, `${artifact}.assets.json`);
  const assetsText = await readFile(assets, 'utf8');
  const { files } = JSON.parse(assetsText) as { files: Record<string, { source: { path: string } }> };
  const [previous] = Object.entries(files).find(([, { source }]) => source.path === file) ?? [];
  if (previous === undefined) throw new Error(`no asset for ${file}`);
  const manifest = join(assembly, 'manifest.json');
  await writeFile(join(assembly, file), text);
  await writeFile(assets, assetsText.replaceAll(previous, digest));
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replaceAll(previous, digest));
}

/** A copy of the assembly with one template changed. */
export async function copyWithTemplate(
  assembly: string,
  copy: string,
  artifact: string,
  change: (template: CloudFormationTemplate) => CloudFormationTemplate,
): Promise<void> {
  await cp(assembly, copy, { recursive: true });
  const template = (await readTemplates(copy))[artifact];
  if (template === undefined) throw new Error(`no template of ${artifact}`);
  await replaceTemplate(copy, artifact, change(template));
}

/** The artifact whose id begins so; the rest is a hash of the construct's path. */
export function artifactOf(templates: Readonly<Record<string, unknown>>, beginning: string): string {
  const [found, ...others] = Object.keys(templates).filter((artifact) => artifact.startsWith(beginning));
  if (found === undefined || others.length > 0) throw new Error(`expected one template of ${beginning}`);
  return found;
}
