import { aws } from './commands.ts';
import type { Emulator } from './emulator.ts';
import type { StackName } from './installation.ts';

export interface StackResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
}

/** What CloudFormation says it has made. */
export async function listStackResources(
  emulator: Emulator,
  stacks: readonly StackName[],
): Promise<readonly StackResource[]> {
  const lists = stacks.map(async (stack) => {
    const { StackResourceSummaries } = await aws<{
      StackResourceSummaries: { LogicalResourceId: string; ResourceType: string; PhysicalResourceId: string }[];
    }>(emulator, 'cloudformation', 'list-stack-resources', '--stack-name', stack);
    return StackResourceSummaries.map(({ LogicalResourceId, ResourceType, PhysicalResourceId }) => ({
      stack,
      logicalId: LogicalResourceId,
      type: ResourceType,
      physicalId: PhysicalResourceId,
    }));
  });
  return (await Promise.all(lists)).flat();
}

/** The resource whose logical id begins so: what follows is a hash of the construct's path. */
export function findResource(resources: readonly StackResource[], beginning: string, type: string): StackResource {
  const [found, ...others] = resources.filter((one) => one.type === type && one.logicalId.startsWith(beginning));
  if (found === undefined || others.length > 0) {
    throw new Error(`expected one ${type} called ${beginning}..., got ${others.length + (found ? 1 : 0)}`);
  }
  return found;
}

interface StackDescription {
  readonly StackName: string;
  readonly StackStatus: string;
  readonly EnableTerminationProtection?: boolean;
}

/** The app's stacks of one region. */
export async function describeStacks(emulator: Emulator, region = 'us-east-1'): Promise<readonly StackDescription[]> {
  const command = ['cloudformation', 'describe-stacks', '--region', region];
  const { Stacks } = await aws<{ Stacks: readonly StackDescription[] }>(emulator, ...command);
  return Stacks.filter(({ StackName }) => StackName.startsWith('Gatehouse-'));
}

export async function stackStatuses(emulator: Emulator, region?: string): Promise<Readonly<Record<string, string>>> {
  const stacks = await describeStacks(emulator, region);
  return Object.fromEntries(stacks.map(({ StackName, StackStatus }) => [StackName, StackStatus]));
}
