import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildBundles } from './build.ts';

const repositoryFolder = dirname(import.meta.dirname);

/** A bill of materials in CycloneDX, as far as it is read here. */
interface Sbom {
  readonly metadata: { readonly component: { name: string; readonly 'bom-ref': string } };
  components: readonly Component[];
  dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string }[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * What the published package is made of. `npm sbom` alone would list the tools of this repository and call the packages in the
 * functions' bundles development dependencies, since that is how npm sees them.
 */
export async function describeContents(): Promise<Sbom> {
  const sbom = JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
      cwd: repositoryFolder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as Sbom;
  const { name, dependencies = {} } = readManifest('.');
  const shipped = new Set([...(await bundledPackages()), ...withDependencies(Object.entries(dependencies), sbom)]);
  const root = sbom.metadata.component['bom-ref'];
  const components = sbom.components.filter((component) => shipped.has(component['bom-ref']));
  if (components.length !== shipped.size) throw new Error('a package that is shipped is not in the lock file');
  return {
    ...sbom,
    metadata: { ...sbom.metadata, component: { ...sbom.metadata.component, name } },
    components: components.map(asShipped),
    dependencies: sbom.dependencies
      .filter(({ ref }) => ref === root || shipped.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => shipped.has(other)) })),
  };
}

/** `name@version` of every package that has code in a bundle. */
async function bundledPackages(): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sbom-'));
  try {
    const inputs = (await buildBundles(folder)).flatMap(({ metafile }) =>
      Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs)),
    );
    return inputs.flatMap(([input, { bytesInOutput }]) => {
      const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
      if (packageFolder === undefined || bytesInOutput === 0) return [];
      const { name, version } = readManifest(packageFolder);
      return [`${name}@${version}`];
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function withDependencies(roots: readonly (readonly [string, string])[], { dependencies }: Sbom): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (ref: string): void => {
    if (reached.has(ref)) return;
    reached.add(ref);
    for (const other of dependencies.find((entry) => entry.ref === ref)?.dependsOn ?? []) visit(other);
  };
  for (const [name, version] of roots) visit(`${name}@${version}`);
  return reached;
}

function asShipped(component: Component): Component {
  const properties = component.properties?.filter(({ name }) => name !== 'cdx:npm:package:development') ?? [];
  return { ...component, properties };
}

function readManifest(packageFolder: string): Manifest {
  return JSON.parse(readFileSync(join(repositoryFolder, packageFolder, 'package.json'), 'utf8')) as Manifest;
}

if (import.meta.main) console.log(JSON.stringify(await describeContents(), undefined, 2));
