import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, Tool, ToolChoice } from '../../canonical/request.ts';
import { cachePoint } from './cache-point.ts';
import type { ModelFamily } from './model-family.ts';

export interface EncodedTools {
  readonly toolConfig?: object;
  /** Claude's own `tool_choice`, for what Converse's cannot say. */
  readonly modelToolChoice?: object;
}

/**
 * Tools and the choice among them. Converse knows `auto`, `any` and one tool, and demands `toolConfig` wherever the conversation
 * has calls or results. What it lacks, `none` and one call at a time, Claude takes in `additionalModelRequestFields.tool_choice`;
 * Converse refuses the two side by side, so the whole choice moves there (BerriAI/litellm#36536, #34347).
 */
export function encodeTools(request: CanonicalRequest, family: ModelFamily, losses: Losses): EncodedTools {
  const { tools, toolChoice = { kind: 'auto' }, parallelToolCalls } = request;
  if (tools.length === 0 || toolChoice.kind === 'none') return encodeUncallable(request, family, losses);
  // Converse cannot restrict the choice to some of the tools, so those alone are offered.
  const offered = toolChoice.kind === 'one-of' ? tools.filter(({ name }) => toolChoice.names.includes(name)) : tools;
  const encoded = encodeList(offered, family, losses);
  if (parallelToolCalls === false) {
    if (family === 'claude') return { toolConfig: { tools: encoded }, modelToolChoice: oneAtATime(toolChoice) };
    losses.drop('parallel_tool_calls', 'the model cannot be limited to one call at a time');
  }
  const choice = encodeChoice(toolChoice);
  return { toolConfig: { tools: encoded, ...(choice !== undefined && { toolChoice: choice }) } };
}

/** No tool may be called: without calls in the conversation none is offered, otherwise at least those must be named. */
function encodeUncallable(request: CanonicalRequest, family: ModelFamily, losses: Losses): EncodedTools {
  const called = calledTools(request);
  if (called.length === 0) return {};
  if (request.tools.length > 0 && family !== 'claude') {
    losses.drop('tool_choice', 'the model cannot be kept from calling tools in a conversation that has calls');
  }
  const tools = request.tools.length > 0 ? request.tools : called.map((name) => ({ name }));
  return {
    toolConfig: { tools: encodeList(tools, family, losses) },
    ...(family === 'claude' && { modelToolChoice: { type: 'none' } }),
  };
}

function calledTools({ messages }: CanonicalRequest): readonly string[] {
  const names = messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'tool-call' || part.type === 'tool-result' ? [part.name] : [])),
  );
  return [...new Set(names)];
}

function encodeList(tools: readonly Tool[], family: ModelFamily, losses: Losses): readonly object[] {
  return tools.flatMap((tool) => [encodeTool(tool, losses), ...cachePoint(tool.cache, family, 'tools')]);
}

/** Of a tool or of a call to it. */
export function requireName(name: string, path: string, losses: Losses): void {
  if (/^[\w-]{1,64}$/.test(name)) return;
  losses.refuse(path, 'names of tools are 1 to 64 letters, digits, underscores or hyphens there');
}

const emptySchema = { type: 'object', properties: {} };

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html */
function encodeTool(tool: Tool, losses: Losses): object {
  const { name, description, parameters = emptySchema, strict } = tool;
  requireName(name, tool.path ?? 'tools', losses);
  return {
    toolSpec: {
      name,
      ...(description !== undefined && description !== '' && { description }),
      inputSchema: { json: 'type' in parameters ? parameters : { type: 'object', ...parameters } },
      ...(strict === true && { strict }),
    },
  };
}

/** `auto` is the default, and the one choice that some models refuse to hear of. */
function encodeChoice(choice: ToolChoice): object | undefined {
  switch (choice.kind) {
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

function oneAtATime(choice: ToolChoice): object {
  const base = { disable_parallel_tool_use: true };
  if (choice.kind === 'tool') return { type: 'tool', name: choice.name, ...base };
  const isForced = choice.kind === 'required' || (choice.kind === 'one-of' && choice.required);
  return { type: isForced ? 'any' : 'auto', ...base };
}
