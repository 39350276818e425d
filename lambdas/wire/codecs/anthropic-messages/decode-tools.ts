import {
  type Fields,
  given,
  isAbsent,
  optionalBoolean,
  optionalList,
  optionalText,
  requireObject,
  requireText,
  requireToolName,
} from '../../canonical/read.ts';
import type { Tool, ToolChoice, Untranslated } from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';
import { readCache } from './decode-cache.ts';

export interface DecodedTools {
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly untranslated: readonly Untranslated[];
}

/** A tool that only Claude knows is an option: a caller may prefer to go without it. Its calls are content and are refused. */
export function decodeTools(fields: Fields): DecodedTools {
  const tools: Tool[] = [];
  const vendorTools = new Set<unknown>();
  const untranslated: Untranslated[] = [];
  for (const [index, value] of optionalList(fields['tools'], 'tools').entries()) {
    const path = `tools[${index}]`;
    const tool = requireObject(value, path);
    if ((tool['type'] ?? 'custom') === 'custom') {
      tools.push(decodeTool(tool, path));
      untranslated.push(...vendorOptions(tool, path));
    } else {
      vendorTools.add(tool['name']);
      untranslated.push({
        path,
        reason: `${vendorToolName(requireText(tool['type'], `${path}.type`))} is Anthropic's own`,
      });
    }
  }
  const choice = decodeToolChoice(fields, { tools, vendorTools });
  return { tools, ...choice, untranslated: [...untranslated, ...choice.untranslated] };
}

function decodeTool(tool: Fields, path: string): Tool {
  const parameters = requireObject(tool['input_schema'], `${path}.input_schema`);
  return {
    name: requireToolName(tool['name'], `${path}.name`),
    ...given('description', optionalText(tool['description'], `${path}.description`)),
    parameters,
    ...given('strict', optionalBoolean(tool['strict'], `${path}.strict`)),
    ...readCache(tool, path),
    path,
  };
}

/** `eager_input_streaming` is left out in silence: it changes when the arguments come, not what they are. */
function vendorOptions(tool: Fields, path: string): readonly Untranslated[] {
  const callers = optionalList(tool['allowed_callers'], `${path}.allowed_callers`);
  return [
    ...(tool['defer_loading'] === true
      ? [{ path: `${path}.defer_loading`, reason: 'only Anthropic searches tools' }]
      : []),
    ...(optionalList(tool['input_examples'], `${path}.input_examples`).length > 0
      ? [{ path: `${path}.input_examples`, reason: 'only Anthropic takes examples apart from the description' }]
      : []),
    ...(callers.some((caller) => caller !== 'direct')
      ? [{ path: `${path}.allowed_callers`, reason: 'only at Anthropic do tools call tools' }]
      : []),
  ];
}

/** The type as an Anthropic type looks, and nothing else that a caller may have written there. */
function vendorToolName(type: string): string {
  return /^[a-z0-9_]{1,64}$/.test(type) ? `"${type}"` : 'the tool';
}

function decodeToolChoice(
  fields: Fields,
  known: { readonly tools: readonly Tool[]; readonly vendorTools: ReadonlySet<unknown> },
): Omit<DecodedTools, 'tools'> {
  if (isAbsent(fields['tool_choice'])) return { untranslated: [] };
  const choice = requireObject(fields['tool_choice'], 'tool_choice');
  const disabled = optionalBoolean(choice['disable_parallel_tool_use'], 'tool_choice.disable_parallel_tool_use');
  const parallel = disabled === true ? { parallelToolCalls: false } : {};
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return { toolChoice: { kind: choice['type'] }, ...parallel, untranslated: [] };
    case 'any':
      return { toolChoice: { kind: 'required' }, ...parallel, untranslated: [] };
    case 'tool': {
      const name = requireToolName(choice['name'], 'tool_choice.name');
      if (known.tools.some((tool) => tool.name === name)) {
        return { toolChoice: { kind: 'tool', name }, ...parallel, untranslated: [] };
      }
      if (!known.vendorTools.has(name)) throw invalid('tool_choice.name', 'must name one of "tools"');
      return { ...parallel, untranslated: [{ path: 'tool_choice.name', reason: "the tool is Anthropic's own" }] };
    }
    default:
      throw invalid('tool_choice.type', 'must be "auto", "any", "tool" or "none"');
  }
}
