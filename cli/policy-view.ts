import { type Budget, formatBudget } from './money.ts';
import type { Limits } from './policy-options.ts';
import type { Members } from './printer.ts';

interface Policy {
  readonly limits?: Limits;
  readonly budget?: Budget;
}

/** Limits and budget as lines of a resource's description. */
export function policyMembers({ limits, budget }: Policy): Members {
  return [
    ['limits', limitsText(limits) ?? 'none'],
    ['budget', budget === undefined ? 'none' : formatBudget(budget)],
  ];
}

/** `requestsPerMinute=60 requestsPerDay=1000`, or undefined when there are none. */
function limitsText(limits: Limits | undefined): string | undefined {
  const named = Object.entries(limits ?? {}).map(([name, value]) => `${name}=${value}`);
  return named.length === 0 ? undefined : named.join(' ');
}
