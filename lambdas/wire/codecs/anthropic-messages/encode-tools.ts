import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, JsonSchema, Tool } from '../../canonical/request.ts';
import { writeCache } from './encode-cache.ts';
import { adaptSchema } from './output-schema.ts';

export interface EncodedTools {
  readonly members: object;
  /** Whether the model has to make a call. */
  readonly forced: boolean;
}

/** No canonical choice has a path; every protocol that can say this has it there. */
const choicePath = 'tool_choice';

export function encodeTools(request: CanonicalRequest, target: EncodingTarget, losses: Losses): EncodedTools {
  const { toolChoice } = request;
  const tools = toolChoice?.kind === 'one-of' ? namedTools(request.tools, toolChoice.names) : request.tools;
  const [first] = tools;
  if (first === undefined) return { members: {}, forced: false };
  if (target.capabilities?.tools === false) return losses.refuse(first.path ?? 'tools', 'the model takes no tools');
  const choice = encodeChoice(request, target, losses);
  const serial = request.parallelToolCalls === false && choice?.type !== 'none';
  return {
    members: {
      tools: tools.map((tool) => encodeTool(tool, target, losses)),
      ...(serial
        ? { tool_choice: { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } }
        : choice !== undefined && { tool_choice: choice }),
    },
    forced: choice?.type === 'any' || choice?.type === 'tool',
  };
}

/** Anthropic has no choice among some of the tools; it gets no others. */
function namedTools(tools: readonly Tool[], names: readonly string[]): readonly Tool[] {
  const named = new Set(names);
  return tools.filter(({ name }) => named.has(name));
}

interface Choice {
  readonly type: 'auto' | 'any' | 'tool' | 'none';
  readonly name?: string;
}

function encodeChoice({ toolChoice }: CanonicalRequest, target: EncodingTarget, losses: Losses): Choice | undefined {
  const choice = choiceOf(toolChoice);
  const forced = choice?.type === 'any' || choice?.type === 'tool';
  if (!forced || target.capabilities?.forcedToolCalls !== false) return choice;
  losses.drop(choicePath, 'the model cannot be forced to call a tool');
  return undefined;
}

function choiceOf(choice: CanonicalRequest['toolChoice']): Choice | undefined {
  switch (choice?.kind) {
    case undefined:
      return undefined;
    case 'auto':
    case 'none':
      return { type: choice.kind };
    case 'required':
      return { type: 'any' };
    case 'tool':
      return { type: 'tool', name: choice.name };
    case 'one-of':
      return { type: choice.required ? 'any' : 'auto' };
  }
}

function encodeTool(tool: Tool, target: EncodingTarget, losses: Losses): object {
  const path = tool.path ?? 'tools';
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(tool.name)) {
    return losses.refuse(path, 'the name of a tool may have letters, digits, underscores and hyphens');
  }
  const parameters = inputSchema(tool, losses);
  const strict = tool.strict === true ? strictSchema(parameters, { path, target, losses }) : undefined;
  return {
    name: tool.name,
    ...(tool.description !== undefined && tool.description !== '' && { description: tool.description }),
    input_schema: strict ?? parameters,
    ...(strict !== undefined && { strict: true }),
    ...writeCache(tool),
  };
}

/** Anthropic wants an object at the top, said by its type. */
function inputSchema({ parameters, path = 'tools' }: Tool, losses: Losses): JsonSchema {
  if (parameters === undefined) return { type: 'object', properties: {} };
  const { type = 'object' } = parameters;
  if (type !== 'object') return losses.refuse(path, 'the parameters of a tool must be an object');
  if (['oneOf', 'anyOf', 'allOf'].some((keyword) => Object.hasOwn(parameters, keyword))) {
    return losses.refuse(path, 'the parameters of a tool take no oneOf, anyOf or allOf at the top');
  }
  return { ...parameters, type };
}

/** `undefined` where the tool has to do without. https://platform.claude.com/docs/en/agents-and-tools/tool-use/strict-tool-use */
function strictSchema(
  parameters: JsonSchema,
  { path, target, losses }: { readonly path: string; readonly target: EncodingTarget; readonly losses: Losses },
): JsonSchema | undefined {
  if (target.capabilities?.structuredOutput === false) {
    losses.drop(`${path}.strict`, 'the model cannot be held to a schema');
    return undefined;
  }
  const { schema, problems } = adaptSchema(parameters);
  const [problem] = problems;
  if (problem === undefined) return schema;
  losses.drop(`${path}.strict`, problem);
  return undefined;
}
