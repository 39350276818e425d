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
  requireText,
  requireToolName,
} from '../../canonical/read.ts';
import type { Tool, ToolChoice, Untranslated } from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';
import { decodeCustomTool } from './custom-tools.ts';
import { joinedName } from './declared-tools.ts';

/** Tools that run at OpenAI, or that only its own models know how to call, are listed as untranslated. */
export function decodeTools(value: unknown, untranslated: Untranslated[]): Tool[] {
  return optionalList(value, 'tools').flatMap((each, index) => {
    const path = `tools[${index}]`;
    const tool = requireObject(each, path);
    return tool['type'] === 'namespace'
      ? decodeNamespace(tool, path, untranslated)
      : decodeTool(tool, path, untranslated);
  });
}

function decodeTool(tool: Fields, path: string, untranslated: Untranslated[]): Tool[] {
  switch (requireText(tool['type'], `${path}.type`)) {
    case 'function':
      return [decodeFunction(tool, path, untranslated)];
    case 'custom':
      return [decodeCustomTool(tool, path)];
    default:
      untranslated.push({ path, reason: 'only OpenAI has tools of this type' });
      return [];
  }
}

/** What is said of the namespace itself is told to the model with each of its tools. */
function decodeNamespace(namespace: Fields, path: string, untranslated: Untranslated[]): Tool[] {
  const prefix = requireToolName(namespace['name'], `${path}.name`);
  const about = optionalText(namespace['description'], `${path}.description`);
  return requireList(namespace['tools'], `${path}.tools`).flatMap((each, index) => {
    const at = `${path}.tools[${index}]`;
    return decodeTool(requireObject(each, at), at, untranslated).map((tool) => {
      const description = [about, tool.description].filter((text) => text !== undefined && text !== '').join('\n\n');
      return { ...tool, name: joinedName(prefix, tool.name), ...(description !== '' && { description }) };
    });
  });
}

/**
 * An absent `strict` makes OpenAI rewrite the schema, with all that is optional made mandatory
 * (https://platform.openai.com/docs/guides/function-calling). No other provider does that, so it stays absent: the tool is called
 * as its schema says.
 */
function decodeFunction(tool: Fields, path: string, untranslated: Untranslated[]): Tool {
  if (tool['defer_loading'] === true) untranslated.push({ path: `${path}.defer_loading` });
  if (!isAbsent(tool['output_schema'])) untranslated.push({ path: `${path}.output_schema` });
  return {
    name: requireToolName(tool['name'], `${path}.name`),
    ...given('description', optionalText(tool['description'], `${path}.description`)),
    ...given('parameters', optionalSchema(tool['parameters'], `${path}.parameters`)),
    ...given('strict', optionalBoolean(tool['strict'], `${path}.strict`)),
    path,
  };
}

export function decodeToolChoice(value: unknown, untranslated: Untranslated[]): ToolChoice | undefined {
  if (isAbsent(value)) return undefined;
  if (value === 'auto' || value === 'none' || value === 'required') return { kind: value };
  const choice = requireObject(value, 'tool_choice');
  switch (choice['type']) {
    case 'function':
    case 'custom':
      return { kind: 'tool', name: requireToolName(choice['name'], 'tool_choice.name') };
    case 'allowed_tools':
      return decodeAllowed(choice);
    default:
      requireText(choice['type'], 'tool_choice.type');
      untranslated.push({ path: 'tool_choice', reason: 'only OpenAI has tools of this type' });
      return undefined;
  }
}

function decodeAllowed(choice: Fields): ToolChoice {
  const { mode } = choice;
  if (mode !== 'auto' && mode !== 'required') throw invalid('tool_choice.mode', 'must be auto or required');
  const names = requireList(choice['tools'], 'tool_choice.tools').map((tool, index) => {
    const path = `tool_choice.tools[${index}]`;
    return requireToolName(requireObject(tool, path)['name'], `${path}.name`);
  });
  return { kind: 'one-of', names, required: mode === 'required' };
}
