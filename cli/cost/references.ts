import * as z from 'zod';
import type { Resource, Stack } from './assembly.ts';

const reference = z.union([
  z.strictObject({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z
    .strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
    .transform(({ 'Fn::GetAtt': [logicalId] }) => logicalId),
]);

const functionSchema = z.object({ MemorySize: z.int().default(128) });
const pointerSchema = z.object({ FunctionName: z.unknown() });

/** MB of the function that a value refers to, directly or by its alias or version. */
export function memoryOfFunction(stack: Stack, value: unknown): number {
  const resource = requireResource(stack, value);
  if (resource.Type === 'AWS::Lambda::Function') return functionSchema.parse(resource.Properties).MemorySize;
  return memoryOfFunction(stack, pointerSchema.parse(resource.Properties).FunctionName);
}

function requireResource(stack: Stack, value: unknown): Resource {
  const logicalId = reference.safeParse(value).data;
  const resource = logicalId === undefined ? undefined : stack.resources[logicalId];
  if (resource === undefined) throw new Error(`${stack.name} refers to a function that is not in it`);
  return resource;
}
