import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { ReasoningOptions } from '../../canonical/request.ts';
import type { ModelFamily } from './model-family.ts';

export interface EncodedReasoning {
  /** Of `additionalModelRequestFields`. */
  readonly modelFields: Readonly<Record<string, unknown>>;
  /** Of `outputConfig`. */
  readonly effort?: string;
  /** Claude refuses a temperature and top-k beside its thinking. */
  readonly isClaudeThinking: boolean;
}

type Effort = NonNullable<ReasoningOptions['effort']>;

const nothing: EncodedReasoning = { modelFields: {}, isClaudeThinking: false };

/** Converse has no common word for reasoning: each vendor's own goes into the fields that it hands on to the model. */
export function encodeReasoningOptions(
  options: ReasoningOptions | undefined,
  target: EncodingTarget,
  family: ModelFamily,
  losses: Losses,
): EncodedReasoning {
  if (options === undefined || (options.effort === undefined && options.budgetTokens === undefined)) {
    return options?.visible === true && family === 'claude' ? adaptive(options, undefined) : nothing;
  }
  switch (family) {
    case 'claude':
      return encodeThinking(options, target, losses);
    case 'nova-2':
      return { modelFields: { reasoningConfig: novaReasoning(options) }, isClaudeThinking: false };
    case 'openai':
      return encodeOpenAiEffort(options, losses);
    default:
      losses.drop(options.path ?? 'reasoning', 'the model takes no options of reasoning');
      return nothing;
  }
}

const smallestBudget = 1024;

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html and …-extended-thinking.html */
function encodeThinking(options: ReasoningOptions, target: EncodingTarget, losses: Losses): EncodedReasoning {
  const { effort, budgetTokens, path = 'reasoning' } = options;
  if (effort === 'none') return { modelFields: { thinking: { type: 'disabled' } }, isClaudeThinking: false };
  const by = target.capabilities?.reasoningBy ?? (effort === undefined ? 'budget' : 'effort');
  if (by === 'effort') return adaptive(options, effort ?? effortOfBudget(budgetTokens ?? smallestBudget));
  const cap = target.maxOutputTokens ?? target.modelMaxOutputTokens ?? Infinity;
  if (cap <= smallestBudget) {
    losses.drop(path, `reasoning takes at least ${smallestBudget} tokens below the cap on output tokens`);
    return nothing;
  }
  const wanted = budgetTokens ?? budgetByEffort[effort ?? 'medium'];
  const budget = Math.max(smallestBudget, Math.min(wanted, cap - 1));
  return { modelFields: { thinking: { type: 'enabled', budget_tokens: budget } }, isClaudeThinking: true };
}

function adaptive({ visible }: ReasoningOptions, effort: Effort | undefined): EncodedReasoning {
  const display = visible === undefined ? {} : { display: visible ? 'summarized' : 'omitted' };
  return {
    modelFields: { thinking: { type: 'adaptive', ...display } },
    ...(effort !== undefined && { effort: effort === 'minimal' ? 'low' : effort }),
    isClaudeThinking: true,
  };
}

const budgetByEffort: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16384,
  xhigh: 32768,
  max: 65536,
};

function effortOfBudget(tokens: number): Effort {
  if (tokens <= budgetByEffort.low) return 'low';
  return tokens <= budgetByEffort.medium ? 'medium' : 'high';
}

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function novaReasoning({ effort, budgetTokens = 0 }: ReasoningOptions): object {
  if (effort === 'none') return { type: 'disabled' };
  return { type: 'enabled', maxReasoningEffort: threeSteps(effort ?? effortOfBudget(budgetTokens)) };
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html */
function encodeOpenAiEffort({ effort, budgetTokens = 0, path }: ReasoningOptions, losses: Losses): EncodedReasoning {
  if (effort === 'none') {
    losses.drop(path ?? 'reasoning', 'the model cannot be kept from reasoning');
    return nothing;
  }
  const modelFields = { reasoning_effort: threeSteps(effort ?? effortOfBudget(budgetTokens)) };
  return { modelFields, isClaudeThinking: false };
}

function threeSteps(effort: Effort): 'low' | 'medium' | 'high' {
  if (effort === 'minimal' || effort === 'none') return 'low';
  return effort === 'xhigh' || effort === 'max' ? 'high' : effort;
}
