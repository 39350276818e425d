import * as z from 'zod';
import type { DeployedStack, Deployment } from './check.ts';

const resources = z.object({
  StackResources: z.array(
    z.object({ ResourceType: z.string(), LogicalResourceId: z.string(), PhysicalResourceId: z.string() }),
  ),
});

export interface DeployedResource {
  readonly physicalId: string;
  readonly region: string;
}

/** The first resource of a type whose logical id has this part, in the data plane that is checked or else in another stack. */
export async function findResource(
  { aws, stacks, dataPlaneStack }: Deployment,
  type: string,
  part: string,
): Promise<DeployedResource | undefined> {
  const first = ({ name }: DeployedStack): number => (name === dataPlaneStack ? 0 : 1);
  for (const { name, region } of stacks.toSorted((one, other) => first(one) - first(other))) {
    const answer = await aws('cloudformation describe-stack-resources', { 'stack-name': name, region });
    const found = resources
      .parse(answer)
      .StackResources.find(
        ({ ResourceType, LogicalResourceId }) => ResourceType === type && LogicalResourceId.includes(part),
      );
    if (found !== undefined) return { physicalId: found.PhysicalResourceId, region };
  }
  return undefined;
}

/** @throws where no stack has it. */
export async function requireFunction(deployment: Deployment, part: string): Promise<DeployedResource> {
  const found = await findResource(deployment, 'AWS::Lambda::Function', `Plane${part}`);
  if (found === undefined) throw new Error(`no stack has a function ${part}`);
  return found;
}
