import { type Command, InvalidArgumentError } from 'commander';
import { limits as limitsSchema } from '../lambdas/control-plane/contract/fields.ts';
import { type Budget, parseBudget } from './money.ts';

const limitNames = Object.keys(limitsSchema.shape) as readonly (keyof Limits)[];

export interface Limits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly requestsPerDay?: number;
  readonly concurrentRequests?: number;
}

/** What the command line says of limits, in its order; `undefined` removes. */
export type LimitChanges = ReadonlyMap<keyof Limits, number | undefined>;

export interface PolicyOptions {
  readonly limit?: LimitChanges;
  /** false: `--no-budget`. */
  readonly budget?: Budget | false;
}

/** `--limit` and `--budget`, for what is created. */
export function addPolicyOptions(command: Command): Command {
  return command
    .option('--limit <name=value>', `repeatable; ${limitNames.join(', ')}`, collectLimit)
    .option('--budget <amount>', 'money per period, such as 12.50USD/month (day, week, month, total)', parseBudget);
}

/** And their opposites, for what is changed. */
export function addPolicyChangeOptions(command: Command): Command {
  return addPolicyOptions(command)
    .option('--no-limit <name>', 'remove this limit; repeatable', collectRemovedLimit)
    .option('--no-budget', 'remove the budget');
}

/**
 * `requestsPerMinute=60`, added to those before it.
 *
 * @throws InvalidArgumentError
 */
export function collectLimit(text: string, previous: LimitChanges = new Map()): LimitChanges {
  const [name = '', value = '', ...rest] = text.split('=');
  if (!/^[1-9]\d{0,12}$/.test(value) || rest.length > 0) {
    throw new InvalidArgumentError('Give a name and a whole number above 0, such as requestsPerMinute=60.');
  }
  return new Map([...previous, [limitNamed(name), Number(value)]]);
}

function collectRemovedLimit(text: string, previous: LimitChanges = new Map()): LimitChanges {
  return new Map([...previous, [limitNamed(text), undefined]]);
}

function limitNamed(text: string): keyof Limits {
  const name = limitNames.find((candidate) => candidate === text);
  if (name === undefined) throw new InvalidArgumentError(`There are these limits: ${limitNames.join(', ')}.`);
  return name;
}

/** Limits of something new. */
export function limitsOf(changes: LimitChanges | undefined): Limits | undefined {
  return changes === undefined ? undefined : Object.fromEntries(changes);
}

/** All limits after a change; null when none is left. */
export function changedLimits(present: Limits | undefined, changes: LimitChanges): Limits | null {
  const merged = new Map<string, number | undefined>([...Object.entries(present ?? {}), ...changes]);
  const left = [...merged].filter(([, value]) => value !== undefined);
  return left.length === 0 ? null : Object.fromEntries(left);
}
