import type { ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, JsonSchema, Tool, ToolChoice } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';
import { adaptSchema } from './adapt-schema.ts';
import { CopyBudget } from './copy-budget.ts';

interface Circumstances {
  readonly losses: Losses;
  readonly copies: CopyBudget;
}

export function encodeTools(request: CanonicalRequest, capabilities: ModelCapabilities, losses: Losses): object {
  const { tools, toolChoice, parallelToolCalls } = request;
  if (tools.length === 0) return {};
  if (capabilities.tools === false) losses.refuse('tools', 'the model takes no tools');
  if (parallelToolCalls === false && toolChoice?.kind !== 'none') {
    losses.drop('parallel_tool_calls', 'it cannot be kept from calling several tools at once');
  }
  const config = encodeChoice(toolChoice, { tools, capabilities, losses });
  const circumstances = { losses, copies: new CopyBudget() };
  return {
    tools: [{ functionDeclarations: tools.map((tool, index) => encodeTool(tool, index, circumstances)) }],
    ...(config !== undefined && { toolConfig: { functionCallingConfig: config } }),
  };
}

/** https://ai.google.dev/api/caching#FunctionDeclaration */
function encodeTool(tool: Tool, index: number, { losses, copies }: Circumstances): object {
  const path = tool.path ?? `tools[${index}]`;
  if (!/^[A-Za-z_]/.test(tool.name)) losses.refuse(`${path}.name`, 'names must begin with a letter or an underscore');
  const schema = tool.parameters && encodeParameters(tool, tool.parameters, { path, losses, copies });
  return {
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    ...(schema !== undefined && { parametersJsonSchema: schema }),
  };
}

/** Without `strict` no provider enforces a tool's schema: what the model is told in words is then as good as a keyword. */
function encodeParameters(
  tool: Tool,
  parameters: JsonSchema,
  { path, losses, copies }: Circumstances & { readonly path: string },
): JsonSchema | undefined {
  const { properties } = parameters;
  const takesNothing = isObject(properties)
    ? Object.keys(properties).length === 0
    : Object.keys(parameters).length === 0;
  const isClosed = ['additionalProperties', 'anyOf', 'oneOf', 'allOf', '$ref', 'patternProperties'].every(
    (name) => (parameters[name] ?? false) === false,
  );
  if (takesNothing && isClosed) return undefined;
  const adapted = adaptSchema(parameters, {
    path: `${path}.parameters`,
    copies,
    onUnenforced: (keyword) => {
      if (tool.strict === true) losses.drop(keyword, 'it does not enforce this keyword');
    },
  });
  return adapted['type'] === undefined && adapted['$ref'] === undefined ? { type: 'object', ...adapted } : adapted;
}

interface ChoiceTarget {
  readonly tools: readonly Tool[];
  readonly capabilities: ModelCapabilities;
  readonly losses: Losses;
}

/** `VALIDATED` leaves the choice to the model and holds it to the schemas. https://ai.google.dev/api/caching#FunctionCallingConfig */
function encodeChoice(
  choice: ToolChoice | undefined,
  { tools, capabilities, losses }: ChoiceTarget,
): object | undefined {
  const isForced =
    choice?.kind === 'required' || choice?.kind === 'tool' || (choice?.kind === 'one-of' && choice.required);
  if (isForced && capabilities.forcedToolCalls === false) {
    losses.drop('tool_choice', 'the model cannot be made to call a tool');
    return undefined;
  }
  switch (choice?.kind) {
    case undefined:
    case 'auto':
      if (tools.some(({ strict }) => strict === true)) return { mode: 'VALIDATED' };
      return choice && { mode: 'AUTO' };
    case 'none':
      return { mode: 'NONE' };
    case 'required':
      return { mode: 'ANY' };
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] };
    case 'one-of':
      return { mode: choice.required ? 'ANY' : 'VALIDATED', allowedFunctionNames: choice.names };
  }
}
