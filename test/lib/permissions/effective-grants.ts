import { isAllowed, type Statement } from './iam-evaluator.ts';

/** What a role may do, worked out from its statements: what they allow, less what they refuse. */

export interface EffectiveGrant {
  readonly action: string;
  /** As the statement has it, which may be a pattern. */
  readonly resource: string;
  readonly condition: Statement['condition'];
}

/** Every allowed action on every named resource that no Deny takes back from a call that meets the conditions of the Allow. */
export function effectiveGrants(statements: readonly Statement[]): EffectiveGrant[] {
  return statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ actions, resources, condition, elsewhere }) => {
      if (elsewhere) throw new Error('an Allow on everything but something names nothing');
      const context = contextMeeting(condition);
      return actions.flatMap((action) =>
        resources
          .filter((resource) => isAllowed(statements, { action, resource, context }))
          .map((resource) => ({ action, resource, condition })),
      );
    });
}

/** In words, for people. */
export function describeCondition(condition: Statement['condition']): string {
  return Object.entries(condition)
    .flatMap(([operator, keys]) => Object.entries(keys).map(([key, values]) => describe(operator, key, values)))
    .join('; ');
}

/** Keys of a call that meets a condition. */
function contextMeeting(condition: Statement['condition']): Record<string, readonly string[]> {
  const context: Record<string, readonly string[]> = {};
  for (const [operator, keys] of Object.entries(condition)) {
    for (const [key, values] of Object.entries(keys)) {
      if (operator === 'Null') context[key] ??= ['anything'];
      else context[key] = operator.startsWith('ForAllValues:') ? values : values.slice(0, 1);
    }
  }
  return context;
}

function describe(operator: string, key: string, values: readonly string[]): string {
  const list = values.map((value) => `\`${value}\``).join(', ');
  switch (operator) {
    case 'Null':
      return values.includes('false') ? `\`${key}\` is given` : `\`${key}\` is not given`;
    case 'ForAllValues:StringEquals':
      return `\`${key}\` has nothing but ${list}`;
    case 'StringEquals':
    case 'ArnEquals':
    case 'Bool':
      return `\`${key}\` is ${list}`;
    case 'StringLike':
    case 'ArnLike':
      return `\`${key}\` is like ${list}`;
    default:
      throw new Error(`there are no words for the condition operator ${operator}`);
  }
}
