import {
  type Fields,
  given,
  isAbsent,
  optionalBoolean,
  optionalList,
  optionalSchema,
  optionalText,
  requireList,
  requireObject,
  requireToolName,
} from '../../canonical/read.ts';
import type { Tool, ToolChoice, Untranslated } from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';
import { decodeCache } from './decode-content.ts';

export interface DecodedTools {
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly untranslated: readonly Untranslated[];
}

/** `tools` and, from the time before them, `functions`. */
export function decodeTools(fields: Fields): DecodedTools {
  const untranslated: Untranslated[] = [];
  const tools = optionalList(fields['tools'], 'tools').flatMap((value, index) => {
    const path = `tools[${index}]`;
    const tool = requireObject(value, path);
    if (tool['type'] !== 'function') {
      if (typeof tool['type'] !== 'string') throw invalid(`${path}.type`, 'must be "function"');
      untranslated.push({ path, reason: 'only tools of the type "function" have a form in other protocols' });
      return [];
    }
    const described = requireObject(tool['function'], `${path}.function`);
    return [
      {
        ...decodeFunction(described, `${path}.function`),
        ...decodeCache(described, path),
        ...decodeCache(tool, path),
        path,
      },
    ];
  });
  const functions = optionalList(fields['functions'], 'functions').map((value, index) =>
    decodeFunction(requireObject(value, `functions[${index}]`), `functions[${index}]`),
  );
  const all: readonly Tool[] = [...tools, ...functions];
  const toolChoice = decodeToolChoice(fields, untranslated);
  requireKnownTools(toolChoice, all, untranslated);
  return { tools: all, ...given('toolChoice', toolChoice), untranslated };
}

function decodeFunction(described: Fields, path: string): Tool {
  return {
    name: requireToolName(described['name'], `${path}.name`),
    ...given('description', optionalText(described['description'], `${path}.description`)),
    ...given('parameters', optionalSchema(described['parameters'], `${path}.parameters`)),
    ...given('strict', optionalBoolean(described['strict'], `${path}.strict`)),
    path,
  };
}

function decodeToolChoice(fields: Fields, untranslated: Untranslated[]): ToolChoice | undefined {
  const { tool_choice: choice, function_call: legacy } = fields;
  if (isAbsent(choice)) return isAbsent(legacy) ? undefined : decodeFunctionCall(legacy);
  if (choice === 'none' || choice === 'auto' || choice === 'required') return { kind: choice };
  if (typeof choice === 'string') throw invalid('tool_choice', 'must be none, auto, required or an object');
  const { type, ...named } = requireObject(choice, 'tool_choice');
  switch (type) {
    case 'function':
      return { kind: 'tool', name: nameIn(named['function'], 'tool_choice.function') };
    case 'allowed_tools':
      return decodeAllowedTools(requireObject(named['allowed_tools'], 'tool_choice.allowed_tools'));
    case 'custom':
      untranslated.push({
        path: 'tool_choice',
        reason: 'only tools of the type "function" have a form in other protocols',
      });
      return undefined;
    default:
      throw invalid('tool_choice.type', 'must be function or allowed_tools');
  }
}

function decodeFunctionCall(legacy: unknown): ToolChoice {
  if (legacy === 'none' || legacy === 'auto') return { kind: legacy };
  if (typeof legacy === 'string') throw invalid('function_call', 'must be none, auto or an object');
  return { kind: 'tool', name: nameIn(legacy, 'function_call') };
}

function decodeAllowedTools(allowed: Fields): ToolChoice {
  const path = 'tool_choice.allowed_tools';
  const { mode } = allowed;
  if (mode !== 'auto' && mode !== 'required') throw invalid(`${path}.mode`, 'must be auto or required');
  const names = requireList(allowed['tools'], `${path}.tools`).map((tool, index) => {
    const at = `${path}.tools[${index}]`;
    return nameIn(requireObject(tool, at)['function'], `${at}.function`);
  });
  if (names.length === 0) throw invalid(`${path}.tools`, 'must not be empty');
  return { kind: 'one-of', names, required: mode === 'required' };
}

function nameIn(value: unknown, path: string): string {
  return requireToolName(requireObject(value, path)['name'], `${path}.name`);
}

/** A choice of a tool that was left out above is told about there. */
function requireKnownTools(
  choice: ToolChoice | undefined,
  tools: readonly Tool[],
  untranslated: readonly Untranslated[],
): void {
  if (choice === undefined || untranslated.length > 0) return;
  if (choice.kind === 'required' && tools.length === 0) throw invalid('tool_choice', 'needs "tools"');
  const names = choice.kind === 'tool' ? [choice.name] : choice.kind === 'one-of' ? choice.names : [];
  const known = new Set(tools.map(({ name }) => name));
  if (names.some((name) => !known.has(name))) {
    throw invalid('tool_choice', 'must name one of the tools');
  }
}
