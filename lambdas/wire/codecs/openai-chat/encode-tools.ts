import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, Tool, ToolChoice } from '../../canonical/request.ts';
import { present } from './encode-options.ts';

export function encodeTools(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const { toolChoice, parallelToolCalls } = request;
  const tools = toolsToOffer(request.tools, toolChoice);
  if (tools.length === 0) return {};
  if (target.capabilities?.tools === false) return losses.refuse('tools', 'the model calls no tools');
  return present({
    tools: tools.map((tool) => encodeTool(tool, losses)),
    tool_choice: encodeChoice(toolChoice, target, losses),
    // `true` is the default, and OpenAI's o models refuse the very name.
    parallel_tool_calls: parallelToolCalls === false ? false : undefined,
  });
}

/** OpenAI's `allowed_tools` is no other vendor's, so a choice among some tools offers no other. */
function toolsToOffer(tools: readonly Tool[], choice: ToolChoice | undefined): readonly Tool[] {
  if (choice?.kind !== 'one-of') return tools;
  const names = new Set(choice.names);
  return tools.filter(({ name }) => names.has(name));
}

/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools */
function encodeTool({ name, description, parameters, strict, path = 'tools' }: Tool, losses: Losses): object {
  if (!/^[\w-]{1,64}$/.test(name)) {
    return losses.refuse(`${path}.name`, 'names of tools are 1 to 64 letters, digits, underscores or hyphens');
  }
  return { type: 'function', function: present({ name, description, parameters, strict }) };
}

function encodeChoice(choice: ToolChoice | undefined, target: EncodingTarget, losses: Losses): unknown {
  const forced = choice !== undefined && choice.kind !== 'auto' && choice.kind !== 'none';
  if (forced && target.capabilities?.forcedToolCalls === false && !(choice.kind === 'one-of' && !choice.required)) {
    return losses.refuse('tool_choice', 'the model decides itself whether it calls a tool');
  }
  switch (choice?.kind) {
    case undefined:
      return undefined;
    case 'auto':
    case 'none':
    case 'required':
      return choice.kind;
    case 'tool':
      return { type: 'function', function: { name: choice.name } };
    case 'one-of':
      return choice.required ? 'required' : 'auto';
  }
}
