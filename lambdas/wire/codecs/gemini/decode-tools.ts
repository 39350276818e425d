import {
  type Fields,
  given,
  isAbsent,
  optionalList,
  optionalObject,
  optionalSchema,
  optionalText,
  requireObject,
  requireText,
  requireToolName,
} from '../../canonical/read.ts';
import type { JsonSchema, Tool, ToolChoice, Untranslated } from '../../canonical/request.ts';
import type { GeminiMember } from '../../gemini-fields.ts';
import { invalid } from '../../json-fields.ts';
import { fromSchema } from './from-schema.ts';
import { membersOf, unknownMembers } from './members.ts';

/** Functions of the client. Tools that Google runs itself (search, code execution) have no counterpart elsewhere. */
export function decodeTools({ value, path }: GeminiMember, untranslated: Untranslated[]): readonly Tool[] {
  return optionalList(value, path).flatMap((entry, index) => {
    const toolPath = `${path}[${index}]`;
    const tool = requireObject(entry, toolPath);
    for (const { path: name } of unknownMembers(tool, toolPath, new Set(['functionDeclarations']))) {
      untranslated.push({ path: name, reason: 'only Google runs this tool' });
    }
    const declarations = membersOf(tool, toolPath)('functionDeclarations');
    return optionalList(declarations.value, declarations.path).map((declaration, number) =>
      decodeFunction(declaration, `${declarations.path}[${number}]`, untranslated),
    );
  });
}

const functionMembers: ReadonlySet<string> = new Set([
  'name',
  'description',
  'parameters',
  'parametersJsonSchema',
  // How a live session waits for it, which is none.
  'behavior',
]);

function decodeFunction(value: unknown, path: string, untranslated: Untranslated[]): Tool {
  const fields = requireObject(value, path);
  const parameters = decodeParameters(fields, path);
  for (const unread of unknownMembers(fields, path, functionMembers)) untranslated.push(unread);
  return {
    name: requireToolName(fields['name'], `${path}.name`),
    ...given('description', optionalText(fields['description'], `${path}.description`)),
    ...given('parameters', parameters),
    path,
  };
}

function decodeParameters(fields: Fields, path: string): JsonSchema | undefined {
  const jsonSchema = membersOf(fields, path)('parametersJsonSchema');
  const { parameters } = fields;
  if (isAbsent(parameters)) return optionalSchema(jsonSchema.value, jsonSchema.path);
  if (!isAbsent(jsonSchema.value)) throw invalid(jsonSchema.path, 'must not stand beside "parameters"');
  return fromSchema(parameters, `${path}.parameters`);
}

export interface ToolConfig {
  readonly toolChoice?: ToolChoice;
}

const callingMembers: ReadonlySet<string> = new Set([
  'mode',
  'allowedFunctionNames',
  // Calls reach the client whole in any case.
  'streamFunctionCallArguments',
]);

export function decodeToolConfig({ value, path }: GeminiMember, untranslated: Untranslated[]): ToolConfig {
  const fields = optionalObject(value, path) ?? {};
  for (const unread of unknownMembers(fields, path, new Set(['functionCallingConfig']))) untranslated.push(unread);
  const config = membersOf(fields, path)('functionCallingConfig');
  const calling = optionalObject(config.value, config.path) ?? {};
  for (const unread of unknownMembers(calling, config.path, callingMembers)) untranslated.push(unread);
  const allowed = membersOf(calling, config.path)('allowedFunctionNames');
  const names = optionalList(allowed.value, allowed.path).map((name, index) =>
    requireText(name, `${allowed.path}[${index}]`),
  );
  return given('toolChoice', decodeMode(calling['mode'], `${config.path}.mode`, names));
}

/** https://ai.google.dev/api/caching#FunctionCallingConfig. `VALIDATED` leaves the choice to the model, as `AUTO` does. */
function decodeMode(mode: unknown, path: string, names: readonly string[]): ToolChoice | undefined {
  const [only] = names;
  switch (isAbsent(mode) ? 'MODE_UNSPECIFIED' : requireText(mode, path).toUpperCase()) {
    case 'MODE_UNSPECIFIED':
      return only === undefined ? undefined : { kind: 'one-of', names, required: false };
    case 'AUTO':
    case 'VALIDATED':
      return only === undefined ? { kind: 'auto' } : { kind: 'one-of', names, required: false };
    case 'ANY':
      if (only === undefined) return { kind: 'required' };
      return names.length === 1 ? { kind: 'tool', name: only } : { kind: 'one-of', names, required: true };
    case 'NONE':
      return { kind: 'none' };
    default:
      throw invalid(path, 'must be AUTO, ANY, NONE or VALIDATED');
  }
}
