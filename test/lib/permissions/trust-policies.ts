import type { Templates } from './iam-evaluator.ts';
import { resourceStatements } from './iam-resource-policies.ts';
import { type RoleName, rolePlace } from './permission-catalog.ts';
import { permissionTable } from './permission-table.ts';
import { templates as defaultTemplates } from './synthesized-planes.ts';

/** What is wrong with who may assume a role: anybody but its service, any other action, or a condition that is missing. */
export function trustFaults(role: RoleName, templates: Templates = defaultTemplates): string[] {
  const { stack, id } = rolePlace(role);
  const { service, trustConditions } = permissionTable[role];
  const statements = resourceStatements(templates, stack, id);
  if (statements.length !== 1) return [`${statements.length} statements`];
  return statements.flatMap(({ effect, actions, principals, condition }) => {
    const keys = Object.values(condition).flatMap((ofOperator) => Object.keys(ofOperator));
    return [
      ...(effect === 'Allow' && actions.join() === 'sts:AssumeRole' ? [] : [`${effect} ${actions.join()}`]),
      ...principals.filter((principal) => principal !== service),
      ...trustConditions.filter((key) => !keys.includes(key)).map((key) => `no condition on ${key}`),
    ];
  });
}
