import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, JsonSchema, Tool, ToolChoice } from '../../canonical/request.ts';
import { adaptSchema } from '../anthropic-messages/output-schema.ts';
import { cachePoint } from './cache-point.ts';
import { type ModelFamily, modelFamily } from './model-family.ts';

export interface EncodedTools {
  readonly toolConfig?: object;
  /** Claude's own `tool_choice`, for what Converse's cannot say. */
  readonly modelToolChoice?: object;
  /** Whether the model has to make a call. */
  readonly forced: boolean;
}

interface Encoding {
  readonly family: ModelFamily;
  readonly target: EncodingTarget;
  readonly losses: Losses;
}

/** No canonical choice has a path; every protocol that can say this has it there. */
const choicePath = 'tool_choice';

/**
 * Tools and the choice among them. Converse knows `auto`, `any` and one tool, and demands `toolConfig` wherever the conversation
 * has calls or results. What it lacks, `none` and one call at a time, Claude takes in `additionalModelRequestFields.tool_choice`;
 * Converse refuses the two side by side, so the whole choice moves there (BerriAI/litellm#36536, #34347).
 */
export function encodeTools(request: CanonicalRequest, target: EncodingTarget, losses: Losses): EncodedTools {
  const encoding = { family: modelFamily(target), target, losses };
  const [first] = request.tools;
  if (first !== undefined && target.capabilities?.tools === false) {
    losses.refuse(first.path ?? 'tools', 'the model takes no tools');
  }
  if (first === undefined || request.toolChoice?.kind === 'none') return encodeUncallable(request, encoding);
  const tools = encodeList(offeredTools(request), encoding);
  const choice = allowedChoice(request.toolChoice, encoding);
  const forced = choice !== undefined;
  if (request.parallelToolCalls === false) {
    if (encoding.family === 'claude') return { toolConfig: { tools }, modelToolChoice: oneAtATime(choice), forced };
    losses.drop('parallel_tool_calls', 'the model cannot be limited to one call at a time');
  }
  return { toolConfig: { tools, ...(forced && { toolChoice: choice }) }, forced };
}

/** No tool may be called: without calls in the conversation none is offered, otherwise at least those must be named. */
function encodeUncallable(request: CanonicalRequest, encoding: Encoding): EncodedTools {
  const called = calledTools(request);
  if (called.length === 0) return { forced: false };
  const isClaude = encoding.family === 'claude';
  if (request.tools.length > 0 && !isClaude) {
    encoding.losses.drop(choicePath, 'the model cannot be kept from calling tools in a conversation that has calls');
  }
  const tools = request.tools.length > 0 ? request.tools : called.map((name) => ({ name }));
  return {
    toolConfig: { tools: encodeList(tools, encoding) },
    ...(isClaude && { modelToolChoice: { type: 'none' } }),
    forced: false,
  };
}

/** Converse cannot restrict the choice to some of the tools, so those alone are offered. */
function offeredTools({ tools, toolChoice }: CanonicalRequest): readonly Tool[] {
  if (toolChoice?.kind !== 'one-of') return tools;
  const names = new Set(toolChoice.names);
  return tools.filter(({ name }) => names.has(name));
}

function calledTools({ messages }: CanonicalRequest): readonly string[] {
  const names = messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'tool-call' || part.type === 'tool-result' ? [part.name] : [])),
  );
  return [...new Set(names)];
}

function encodeList(tools: readonly Tool[], encoding: Encoding): readonly object[] {
  return tools.flatMap((tool) => [encodeTool(tool, encoding), ...cachePoint(tool.cache, encoding.family, 'tools')]);
}

/** Of a tool or of a call to it. */
export function requireName(name: string, path: string, losses: Losses): void {
  if (/^[\w-]{1,64}$/.test(name)) return;
  losses.refuse(path, 'names of tools are 1 to 64 letters, digits, underscores or hyphens there');
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html */
function encodeTool(tool: Tool, encoding: Encoding): object {
  const { name, description, path = 'tools' } = tool;
  requireName(name, path, encoding.losses);
  const schema = inputSchema(tool, encoding.losses);
  const strict = tool.strict === true ? strictSchema(schema, path, encoding) : undefined;
  return {
    toolSpec: {
      name,
      ...(description !== undefined && description !== '' && { description }),
      inputSchema: { json: strict ?? schema },
      ...(strict !== undefined && { strict: true }),
    },
  };
}

/** An object at the top, said by its type. */
function inputSchema({ parameters, path = 'tools' }: Tool, losses: Losses): JsonSchema {
  if (parameters === undefined) return { type: 'object', properties: {} };
  const { type = 'object' } = parameters;
  if (type !== 'object') return losses.refuse(path, 'the parameters of a tool must be an object');
  return { ...parameters, type };
}

/** `undefined` where the tool has to do without. */
function strictSchema(schema: JsonSchema, path: string, { family, target, losses }: Encoding): JsonSchema | undefined {
  if (target.capabilities?.structuredOutput === false) {
    losses.drop(`${path}.strict`, 'the model cannot be held to a schema');
    return undefined;
  }
  if (family !== 'claude') return schema;
  const adapted = adaptSchema(schema);
  const [problem] = adapted.problems;
  if (problem === undefined) return adapted.schema;
  losses.drop(`${path}.strict`, problem);
  return undefined;
}

type Choice = { readonly any: object } | { readonly tool: { readonly name: string } };

/** `undefined` is `auto`: the default, and the one choice that some models refuse to hear of. */
function allowedChoice(choice: ToolChoice | undefined, { target, losses }: Encoding): Choice | undefined {
  const encoded = encodeChoice(choice);
  if (encoded === undefined || target.capabilities?.forcedToolCalls !== false) return encoded;
  losses.drop(choicePath, 'the model cannot be forced to call a tool');
  return undefined;
}

function encodeChoice(choice: ToolChoice | undefined): Choice | undefined {
  switch (choice?.kind) {
    case 'required':
      return { any: {} };
    case 'one-of':
      return choice.required ? { any: {} } : undefined;
    case 'tool':
      return { tool: { name: choice.name } };
    default:
      return undefined;
  }
}

function oneAtATime(choice: Choice | undefined): object {
  const serial = { disable_parallel_tool_use: true };
  if (choice === undefined) return { type: 'auto', ...serial };
  return 'tool' in choice ? { type: 'tool', name: choice.tool.name, ...serial } : { type: 'any', ...serial };
}
