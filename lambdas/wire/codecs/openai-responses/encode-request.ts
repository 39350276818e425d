import type { FunctionTool, ResponseCreateParamsBase, ResponseTextConfig } from 'openai/resources/responses/responses';
import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import { given } from '../../canonical/read.ts';
import type {
  CanonicalRequest,
  OutputFormat,
  ReasoningOptions,
  SamplingOptions,
  Tool,
  ToolChoice,
} from '../../canonical/request.ts';
import { encodeInput } from './encode-input.ts';
import { writeEndUser } from './identifiers.ts';

export function encodeRequest(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const { outputFormat, parallelToolCalls, endUser, stream } = request;
  const { capabilities } = target;
  const [firstTool] = request.tools;
  const leavesChoice = request.toolChoice?.kind === 'auto' || request.toolChoice?.kind === 'none';
  const toolChoice = firstTool === undefined && leavesChoice ? undefined : request.toolChoice;
  if (firstTool !== undefined && capabilities?.tools === false) {
    losses.refuse(firstTool.path ?? 'tools', 'the model calls no tools');
  }
  if (outputFormat !== undefined && capabilities?.structuredOutput === false) {
    losses.refuse(outputFormat.path ?? 'text.format', 'the model has no structured output');
  }
  return {
    model: target.model,
    input: encodeInput(request.messages, { target, losses }),
    ...(request.tools.length > 0 && { tools: request.tools.map((tool) => encodeTool(tool, losses)) }),
    ...(toolChoice !== undefined && { tool_choice: encodeToolChoice(toolChoice, target, losses) }),
    // `true` is the default, and OpenAI's o models refuse the very name.
    ...(parallelToolCalls === false && { parallel_tool_calls: false }),
    ...(outputFormat !== undefined && { text: { format: encodeFormat(outputFormat) } }),
    ...encodeReasoning(request.reasoning, target, losses),
    ...encodeSampling(request.sampling, target, losses),
    ...encodeInclude(request, target),
    ...(target.maxOutputTokens !== undefined && {
      max_output_tokens: requireCap(target.maxOutputTokens, losses, request.maxOutputTokensPath),
    }),
    ...(endUser !== undefined && { [target.endUserField ?? 'safety_identifier']: writeEndUser(endUser) }),
    ...(stream && { stream }),
    store: false,
  };
}

export const leastOutputTokens = 16;

/** Raising a cap would spend what nobody has granted. */
function requireCap(cap: number, losses: Losses, path = 'max_output_tokens'): number {
  if (cap >= leastOutputTokens) return cap;
  return losses.refuse(path, `its lowest cap on output is ${leastOutputTokens} tokens, this one ${cap}`);
}

/** `strict` is written out, because an absent one makes OpenAI rewrite the schema. */
function encodeTool(
  { name, description, parameters, strict = false, path = 'tools' }: Tool,
  losses: Losses,
): FunctionTool {
  if (!/^[\w-]{1,64}$/.test(name)) {
    losses.refuse(path, 'its tools have names of at most 64 letters, digits, underscores and hyphens');
  }
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    parameters: parameters ?? { type: 'object', properties: {} },
    strict,
  };
}

function encodeToolChoice(
  choice: ToolChoice,
  { capabilities }: EncodingTarget,
  losses: Losses,
): NonNullable<ResponseCreateParamsBase['tool_choice']> {
  const forced = choice.kind === 'one-of' ? choice.required : choice.kind === 'tool' || choice.kind === 'required';
  if (forced && capabilities?.forcedToolCalls === false) {
    return losses.refuse('tool_choice', 'the model decides itself whether it calls a tool');
  }
  switch (choice.kind) {
    case 'tool':
      return { type: 'function', name: choice.name };
    case 'one-of': {
      const tools = choice.names.map((name) => ({ type: 'function', name }));
      return { type: 'allowed_tools', mode: choice.required ? 'required' : 'auto', tools };
    }
    default:
      return choice.kind;
  }
}

function encodeFormat(format: OutputFormat): NonNullable<ResponseTextConfig['format']> {
  if (format.kind === 'json') return { type: 'json_object' };
  const { name = 'response', description, schema, strict = false } = format;
  return { type: 'json_schema', name, ...(description !== undefined && { description }), schema, strict };
}

function encodeReasoning(
  options: ReasoningOptions | undefined,
  { capabilities }: EncodingTarget,
  losses: Losses,
): Pick<ResponseCreateParamsBase, 'reasoning'> {
  const effort = options?.effort ?? effortOf(options?.budgetTokens);
  const summary = options?.visible === true ? ({ summary: 'auto' } as const) : {};
  if (options === undefined || (effort === undefined && summary.summary === undefined)) return {};
  if (capabilities?.reasoning === false) {
    // To be shown what the model thought asks for no thinking.
    if (effort !== undefined && effort !== 'none') {
      losses.drop(options.path ?? 'reasoning', 'the model does not reason');
    }
    return {};
  }
  return { reasoning: { ...(effort !== undefined && { effort }), ...summary } };
}

/** OpenAI knows no budgets. The steps are those of the other protocols' efforts, read backwards. */
function effortOf(budget: number | undefined): ReasoningOptions['effort'] {
  if (budget === undefined) return undefined;
  if (budget === 0) return 'none';
  if (budget <= 2048) return 'low';
  return budget <= 8192 ? 'medium' : 'high';
}

function encodeSampling(
  sampling: SamplingOptions,
  { capabilities }: EncodingTarget,
  losses: Losses,
): Pick<ResponseCreateParamsBase, 'temperature' | 'top_p' | 'top_logprobs'> {
  const { paths = {}, temperature, topP, logprobs } = sampling;
  const { choices = 1, stopSequences = [] } = sampling;
  // A penalty of 0 is none.
  const lacking = {
    topK: sampling.topK,
    frequencyPenalty: sampling.frequencyPenalty || undefined,
    presencePenalty: sampling.presencePenalty || undefined,
    seed: sampling.seed,
    stopSequences: stopSequences.length > 0 || undefined,
    choices: choices !== 1 || undefined,
  };
  for (const [name, value] of Object.entries(lacking)) {
    if (value !== undefined) losses.drop(paths[name] ?? name, 'the responses API has no such option');
  }
  // 1 is the default of both, which OpenAI's newer models refuse to be told.
  const adjusted = (name: 'temperature' | 'topP', value: number | undefined): number | undefined => {
    if (value === undefined || value === 1) return undefined;
    if (capabilities?.sampling !== false) return value;
    losses.drop(paths[name] ?? name, 'the model samples in its own way');
    return undefined;
  };
  return {
    ...given('temperature', adjusted('temperature', temperature)),
    ...given('top_p', adjusted('topP', topP)),
    ...(logprobs !== undefined && { top_logprobs: logprobs }),
  };
}

/** Models that do not reason refuse to be asked for encrypted reasoning, so there must be a reason to believe that this one does. */
function encodeInclude(
  { reasoning, messages, sampling }: CanonicalRequest,
  { capabilities }: EncodingTarget,
): Pick<ResponseCreateParamsBase, 'include'> {
  const asked = reasoning !== undefined && reasoning.effort !== 'none';
  const reasoned = messages.some(({ content }) =>
    content.some((part) => 'state' in part && part.state?.origin === 'openai'),
  );
  const include = [
    ...((capabilities?.reasoning ?? (asked || reasoned)) ? (['reasoning.encrypted_content'] as const) : []),
    ...(sampling.logprobs === undefined ? [] : (['message.output_text.logprobs'] as const)),
  ];
  return include.length === 0 ? {} : { include };
}
