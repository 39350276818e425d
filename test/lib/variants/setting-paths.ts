import * as z from 'zod';
import { deploymentConfigSchema } from '../../../lib/deployment-config.ts';

/** Settings by dotted path, such as `proxy.memorySize`. The members of a list count as its own: `oidcIssuers.audiences`. */

const nodeSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
});

/** Every path at which there is nothing but a value. */
export function everySettingPath(): string[] {
  const schema = z.toJSONSchema(deploymentConfigSchema, { io: 'input', unrepresentable: 'any' });
  return [...new Set(pathsBelow(schema, ''))].toSorted();
}

function pathsBelow(node: unknown, path: string): string[] {
  const { properties, items, anyOf, oneOf } = nodeSchema.parse(node);
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, member]) => pathsBelow(member, join(path, name)));
  }
  const inner = [...(anyOf ?? []), ...(oneOf ?? []), ...(items === undefined ? [] : [items])].flatMap((member) =>
    pathsBelow(member, path),
  );
  const deeper = inner.filter((one) => one !== path);
  return deeper.length > 0 ? deeper : [path];
}

/** Paths of the values in settings that somebody wrote. */
export function pathsOf(settings: unknown, path = ''): string[] {
  if (Array.isArray(settings)) return settings.length === 0 ? [path] : settings.flatMap((one) => pathsOf(one, path));
  if (typeof settings !== 'object' || settings === null) return [path];
  return Object.entries(settings).flatMap(([name, member]) => pathsOf(member, join(path, name)));
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
