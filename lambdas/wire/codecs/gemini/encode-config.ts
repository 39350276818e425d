import type { EncodingTarget, ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, ReasoningOptions, SamplingOptions } from '../../canonical/request.ts';
import { adaptSchema } from './adapt-schema.ts';
import { CopyBudget } from './copy-budget.ts';

type Config = Record<string, unknown>;

/** https://ai.google.dev/api/generate-content#v1beta.GenerationConfig; an empty one is left out. */
export function encodeConfig(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const capabilities = target.capabilities ?? {};
  const config: Config = {
    ...encodeSampling(request.sampling, capabilities, losses),
    ...(target.maxOutputTokens !== undefined && { maxOutputTokens: target.maxOutputTokens }),
    ...encodeOutputFormat(request, capabilities, losses),
    ...encodeReasoning(request.reasoning, target, losses),
  };
  return Object.keys(config).length === 0 ? {} : { generationConfig: config };
}

const names = {
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  frequencyPenalty: 'frequencyPenalty',
  presencePenalty: 'presencePenalty',
  seed: 'seed',
  choices: 'candidateCount',
} as const;

/** What each model does anyway: newer ones refuse penalties, and some any change of the sampling. */
const sayingNothing: SamplingOptions = { frequencyPenalty: 0, presencePenalty: 0, choices: 1 };
const fixedAt: SamplingOptions = { temperature: 1, topP: 1 };

const maxStopSequences = 5;

function encodeSampling(sampling: SamplingOptions, capabilities: ModelCapabilities, losses: Losses): Config {
  const config: Config = {};
  const pathOf = (name: keyof SamplingOptions): string => sampling.paths?.[name] ?? name;
  for (const [name, written] of Object.entries(names) as [keyof typeof names, string][]) {
    if (sampling[name] === undefined || sampling[name] === sayingNothing[name]) continue;
    if (capabilities.sampling === false && ['temperature', 'topP', 'topK'].includes(name)) {
      if (sampling[name] !== fixedAt[name]) losses.drop(pathOf(name), 'the model takes only its default');
    } else config[written] = sampling[name];
  }
  const { stopSequences, logprobs } = sampling;
  if (stopSequences !== undefined) {
    if (stopSequences.length > maxStopSequences) losses.drop(pathOf('stopSequences'), 'it takes at most five');
    config['stopSequences'] = stopSequences.slice(0, maxStopSequences);
  }
  if (logprobs !== undefined) {
    config['responseLogprobs'] = true;
    if (logprobs > 0) config['logprobs'] = logprobs;
  }
  return config;
}

function encodeOutputFormat(request: CanonicalRequest, capabilities: ModelCapabilities, losses: Losses): Config {
  const { outputFormat: format, tools } = request;
  if (format === undefined) return {};
  const path = format.path ?? 'response_format';
  if (capabilities.structuredOutput === false) {
    losses.drop(path, 'the model has no structured output');
    return {};
  }
  if (tools.length > 0 && capabilities.reasoningBy === 'budget') {
    // https://ai.google.dev/gemini-api/docs/structured-output: beside tools since Gemini 3.
    losses.drop(path, 'the model has no structured output beside tools');
    return {};
  }
  if (format.kind === 'json') return { responseMimeType: 'application/json' };
  const responseJsonSchema = adaptSchema(format.schema, {
    path: `${path}.schema`,
    copies: new CopyBudget(),
    onUnenforced: (keyword) => {
      if (format.strict === true) losses.drop(keyword, 'it does not enforce this keyword');
    },
  });
  return { responseMimeType: 'application/json', responseJsonSchema };
}

function encodeReasoning(reasoning: ReasoningOptions | undefined, target: EncodingTarget, losses: Losses): Config {
  if (reasoning === undefined) return {};
  const capabilities = target.capabilities ?? {};
  const { effort, budgetTokens, visible } = reasoning;
  const path = reasoning.path ?? 'reasoning';
  if (capabilities.reasoning === false) {
    const asked = (effort !== undefined && effort !== 'none') || budgetTokens !== undefined;
    if (asked) losses.drop(path, 'the model does not reason');
    return {};
  }
  if (effort === 'none' && capabilities.reasoningOff === 'never') {
    losses.drop(path, 'the reasoning of this model cannot be turned off');
  }
  const config = {
    ...(visible === true && { includeThoughts: true }),
    ...(capabilities.reasoningBy === 'budget'
      ? encodeBudget(reasoning, capabilities, target.maxOutputTokens)
      : encodeLevel(reasoning, capabilities)),
  };
  return Object.keys(config).length === 0 ? {} : { thinkingConfig: config };
}

/** Google's own figures for efforts. https://ai.google.dev/gemini-api/docs/openai#thinking */
const budgets = { none: 0, minimal: 1024, low: 1024, medium: 8192, high: 24_576, xhigh: 24_576, max: 24_576 } as const;

/** The least that every model takes which thinks by a budget. https://ai.google.dev/gemini-api/docs/thinking#set-budget */
const smallestBudget = 512;

/** Thoughts count against the cap: of what an effort is worth, no more than leaves half of it for the answer. */
function encodeBudget(
  { effort, budgetTokens }: ReasoningOptions,
  { reasoningOff }: ModelCapabilities,
  cap = Infinity,
): Config {
  if (budgetTokens !== undefined) return { thinkingBudget: budgetTokens };
  if (effort === undefined) return {};
  const worth = budgets[effort === 'none' && reasoningOff === 'never' ? 'low' : effort];
  return { thinkingBudget: Math.min(worth, Math.max(smallestBudget, Math.floor(cap / 2))) };
}

/**
 * `MINIMAL` is the nearest to no thinking at all; models that cannot go without thinking do not know it. A budget becomes the level
 * that it stands for in Google's own figures. https://ai.google.dev/gemini-api/docs/thinking
 */
function encodeLevel({ effort, budgetTokens }: ReasoningOptions, { reasoningOff }: ModelCapabilities): Config {
  switch (effort ?? effortOf(budgetTokens)) {
    case undefined:
      return {};
    case 'none':
    case 'minimal':
      return { thinkingLevel: reasoningOff === 'never' ? 'LOW' : 'MINIMAL' };
    case 'low':
      return { thinkingLevel: 'LOW' };
    case 'medium':
      return { thinkingLevel: 'MEDIUM' };
    case 'high':
    case 'xhigh':
    case 'max':
      return { thinkingLevel: 'HIGH' };
  }
}

function effortOf(budgetTokens: number | undefined): 'low' | 'medium' | 'high' | undefined {
  if (budgetTokens === undefined) return undefined;
  if (budgetTokens <= budgets.low) return 'low';
  return budgetTokens <= budgets.medium ? 'medium' : 'high';
}
