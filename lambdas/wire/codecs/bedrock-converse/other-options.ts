import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, ReasoningOptions, SamplingOptions } from '../../canonical/request.ts';
import type { ModelFamily } from './model-family.ts';
import type { ModelOptions } from './model-options.ts';
import { encodeTextFormat } from './text-format.ts';

/** Every model but Claude. */
export function encodeOtherOptions(
  request: CanonicalRequest,
  target: EncodingTarget,
  family: ModelFamily,
  losses: Losses,
): ModelOptions {
  const { sampling, reasoning, outputFormat } = request;
  refuseUnknownSampling(sampling, losses);
  const { stopSequences = [] } = sampling;
  const adjusted = (name: 'temperature' | 'topP' | 'topK'): number | undefined => {
    const value = sampling[name];
    if (value === undefined || target.capabilities?.sampling !== false) return value;
    if (name === 'topK' || value !== 1)
      losses.drop(sampling.paths?.[name] ?? name, 'the model takes its default alone');
    return undefined;
  };
  const temperature = adjusted('temperature');
  const topP = adjusted('topP');
  return {
    inferenceConfig: {
      ...(target.maxOutputTokens !== undefined && { maxTokens: target.maxOutputTokens }),
      ...(temperature !== undefined && { temperature }),
      ...(topP !== undefined && { topP }),
      ...(stopSequences.length > 0 && { stopSequences }),
    },
    additionalModelRequestFields: {
      ...encodeReasoning(reasoning, family, losses),
      ...encodeTopK(adjusted('topK'), sampling.paths, family, losses),
    },
    outputConfig: encodeTextFormat(outputFormat, target, losses),
    thoughts: false,
  };
}

function refuseUnknownSampling(sampling: SamplingOptions, losses: Losses): void {
  const drop = (option: keyof SamplingOptions, reason: string): void => {
    losses.drop(sampling.paths?.[option] ?? option, reason);
  };
  for (const option of ['frequencyPenalty', 'presencePenalty'] as const) {
    if ((sampling[option] ?? 0) !== 0) drop(option, 'it has no penalties');
  }
  if (sampling.seed !== undefined) drop('seed', 'it takes no seed');
  if (sampling.logprobs !== undefined) drop('logprobs', 'it gives no log probabilities');
  if ((sampling.choices ?? 1) !== 1) drop('choices', 'it gives one answer to a request');
}

/** https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html */
function encodeTopK(
  topK: number | undefined,
  paths: SamplingOptions['paths'],
  family: ModelFamily,
  losses: Losses,
): object {
  if (topK === undefined) return {};
  if (family === 'nova' || family === 'nova-2') return { inferenceConfig: { topK } };
  losses.drop(paths?.['topK'] ?? 'topK', 'the model is given no top-k there');
  return {};
}

/** Converse has no common word for reasoning: each vendor's own goes into the fields that it hands on to the model. */
function encodeReasoning(options: ReasoningOptions | undefined, family: ModelFamily, losses: Losses): object {
  const effort = options?.effort ?? effortOf(options?.budgetTokens);
  if (effort === undefined) return {};
  const path = options?.path ?? 'reasoning';
  switch (family) {
    case 'nova-2':
      // https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-converse-api.html
      if (effort === 'none') return { reasoningConfig: { type: 'disabled' } };
      return { reasoningConfig: { type: 'enabled', maxReasoningEffort: threeSteps(effort) } };
    case 'openai':
      // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
      if (effort !== 'none') return { reasoning_effort: threeSteps(effort) };
      losses.drop(path, 'the model always reasons');
      return {};
    default:
      if (effort !== 'none') losses.drop(path, 'the model is given no options of reasoning there');
      return {};
  }
}

type Effort = NonNullable<ReasoningOptions['effort']>;

/** As for Claude: never more than what the budget is worth. */
function effortOf(budget: number | undefined): Effort | undefined {
  if (budget === undefined) return undefined;
  if (budget === 0) return 'none';
  if (budget <= 2048) return 'low';
  return budget <= 8192 ? 'medium' : 'high';
}

function threeSteps(effort: Exclude<Effort, 'none'>): 'low' | 'medium' | 'high' {
  if (effort === 'minimal') return 'low';
  return effort === 'xhigh' || effort === 'max' ? 'high' : effort;
}
