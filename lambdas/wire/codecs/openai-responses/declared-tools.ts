import type { Fields } from '../../canonical/read.ts';
import { isObject } from '../../json-fields.ts';

/** What a tool is called in the client's own words, where another protocol knows it by its name alone. */
export interface DeclaredTool {
  readonly name: string;
  readonly namespace?: string;
  readonly isCustom: boolean;
}

/**
 * The name of a tool in a namespace, such as Codex makes of each MCP server, for protocols without namespaces. Two underscores, as
 * these names are joined wherever they are.
 */
export function joinedName(namespace: string, name: string): string {
  return `${namespace}__${name}`;
}

/** The tools of a request that answers must not call by the name they have elsewhere, or not as functions. By that name. */
export function declaredTools(tools: unknown): ReadonlyMap<string, DeclaredTool> {
  const declared = new Map<string, DeclaredTool>();
  for (const tool of objectsIn(tools)) {
    if (tool['type'] !== 'namespace') declare(declared, tool);
    else for (const member of objectsIn(tool['tools'])) declare(declared, member, tool['name']);
  }
  return declared;
}

function declare(declared: Map<string, DeclaredTool>, { name, type }: Fields, namespace?: unknown): void {
  if (typeof name !== 'string') return;
  const isCustom = type === 'custom';
  if (typeof namespace === 'string') declared.set(joinedName(namespace, name), { name, namespace, isCustom });
  else if (isCustom) declared.set(name, { name, isCustom });
}

function objectsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
