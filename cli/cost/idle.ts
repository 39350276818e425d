import * as z from 'zod';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-code.ts';
import type { Resource, Stack } from './assembly.ts';
import { type Charge, type CostItem, itemsOf, sumOf } from './charge.ts';
import type { PriceList } from './prices.ts';
import { type ResourceCost, resourceCosts } from './resource-types.ts';

export interface StackCost {
  readonly stack: string;
  readonly region: string;
  readonly items: readonly CostItem[];
  readonly microUsd: number;
}

/**
 * What each stack costs a month while nobody calls.
 *
 * @throws CliError (failed check) naming a resource type, or a setting of a resource, whose price is not known
 */
export function idleCosts(stacks: readonly Stack[], list: PriceList): StackCost[] {
  return stacks.map((stack) => {
    const charges = Object.entries(stack.resources).flatMap(([id, resource]) => chargesOf(id, resource, stack));
    const items = itemsOf(charges, list);
    return { stack: stack.name, region: stack.region, items, microUsd: sumOf(items) };
  });
}

/** What is paid by use and is in no figure, by the resources that are there. */
export function paidPerUse(stacks: readonly Stack[]): string[] {
  const texts = stacks.flatMap(({ resources }) =>
    Object.values(resources).flatMap((resource) => {
      const cost = resourceCosts[resource.Type];
      if (cost === undefined || cost.kind === 'free' || cost.by === undefined) return [];
      const by = typeof cost.by === 'string' ? cost.by : cost.by(resource);
      return by === undefined ? [] : [by];
    }),
  );
  return [...new Set(texts)];
}

function chargesOf(id: string, resource: Resource, stack: Stack): Charge[] {
  const cost = resourceCosts[resource.Type];
  if (cost === undefined) throw unknown(`${stack.name} has a ${resource.Type} (${id})`);
  try {
    return priceOf(cost, resource, stack);
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw unknown(`${id} of ${stack.name} is a ${resource.Type} with a setting (${reason})`);
  }
}

function priceOf(cost: ResourceCost, resource: Resource, stack: Stack): Charge[] {
  if (cost.kind === 'priced') return cost.charges(resource, stack);
  if (cost.kind === 'per-use') cost.check?.(resource);
  return [];
}

function unknown(what: string): CliError {
  return new CliError(
    exitCodes.failedCheck,
    `${what} whose price is not in the table, so no figure would be right. Add it to cli/cost/resource-types.ts.`,
  );
}
