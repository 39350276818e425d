import { expect, it } from 'vitest';
import { describeContents } from '../../scripts/write-sbom.ts';

it('lists what is in the bundles and what the package depends on, and no tool of the repository', async () => {
  const { metadata, components, dependencies } = await describeContents();

  const names = components.map((component) => component['bom-ref'].replace(/(?<=.)@.*/, ''));
  const properties = components.flatMap((component) => component.properties ?? []);
  expect(metadata.component.name).toBe('gatehouse');
  expect(names).toEqual(expect.arrayContaining(['commander', 'hono', 'jose', 'zod', '@aws-sdk/client-dynamodb']));
  expect(names.filter((name) => ['vitest', 'esbuild', 'aws-cdk-lib', 'typescript', 'dynalite'].includes(name))).toEqual(
    [],
  );
  expect(properties.map(({ name }) => name)).not.toContain('cdx:npm:package:development');
  const known = components.map((component) => component['bom-ref']);
  expect(dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !known.includes(ref))).toEqual([]);
}, 60_000);
