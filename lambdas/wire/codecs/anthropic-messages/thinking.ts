import type { EncodingTarget, ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, ReasoningOptions } from '../../canonical/request.ts';
import { toTurns, type Turn } from '../../canonical/turns.ts';

/** `state` is `default` where nothing is sent and the model does as it is used to. */
export interface Thinking {
  readonly state: 'default' | 'off' | 'on';
  readonly config?: object;
  readonly effort?: string;
}

interface Circumstances {
  readonly target: EncodingTarget;
  readonly maxTokens: number;
  readonly forcedToolCall: boolean;
}

type Effort = NonNullable<ReasoningOptions['effort']>;

/** Anthropic's own bounds: at least this, and below `max_tokens`. */
const smallestBudget = 1024;

/**
 * What an effort is worth to a model that thinks by a budget. Half of `max_tokens` stays for the answer in any case. Anthropic
 * gives no such table; its guide recommends 16k and more for complex tasks and starts at the minimum.
 */
const budgets: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: smallestBudget,
  low: 2048,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 65_536,
};

/**
 * Claude 4.6 and later decide by themselves how much to think, led by an effort; earlier models take a budget.
 * https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting says which takes what. Of a model that is not
 * in the catalog the caller's own words decide.
 */
export function decideThinking(request: CanonicalRequest, circumstances: Circumstances, losses: Losses): Thinking {
  const { reasoning } = request;
  if (reasoning === undefined) return { state: 'default' };
  const { capabilities } = circumstances.target;
  const path = reasoning.path ?? 'reasoning';
  const off = isOff(reasoning);
  if (capabilities?.reasoning === false) {
    if (!off && isDemanded(reasoning)) losses.drop(path, 'the model does not think');
    return { state: 'default' };
  }
  if (off) return turnOff(circumstances.target, path, losses);
  return reasonsBy(reasoning, capabilities) === 'effort'
    ? thinkByEffort(reasoning)
    : thinkByBudget(request, reasoning, { ...circumstances, losses });
}

/** A budget of thinking has to fit below the cap; models that are led by an effort find their way under any. */
export function fewestOutputTokens({ reasoning }: CanonicalRequest, { capabilities }: EncodingTarget): number {
  if (reasoning === undefined || capabilities?.reasoning === false || isOff(reasoning)) return 1;
  if (!isDemanded(reasoning)) return 1;
  return reasonsBy(reasoning, capabilities) === 'budget' ? smallestBudget + 1 : 1;
}

function isOff({ effort, budgetTokens }: ReasoningOptions): boolean {
  return effort === 'none' || budgetTokens === 0;
}

/** To be shown what a model thinks asks for no thinking: it may do without where it has to. */
function isDemanded({ effort, budgetTokens }: ReasoningOptions): boolean {
  return effort !== undefined || budgetTokens !== undefined;
}

function reasonsBy(
  { effort, budgetTokens }: ReasoningOptions,
  capabilities: ModelCapabilities | undefined,
): 'effort' | 'budget' {
  return capabilities?.reasoningBy ?? (budgetTokens !== undefined && effort === undefined ? 'budget' : 'effort');
}

function turnOff({ capabilities }: EncodingTarget, path: string, losses: Losses): Thinking {
  if (capabilities?.reasoningOff === 'never') {
    losses.drop(path, 'the model always thinks');
    return { state: 'default' };
  }
  // Models with a budget do not think unasked, and the oldest of them do not know the member.
  if (capabilities?.reasoningBy === 'budget') return { state: 'off' };
  return { state: 'off', config: { type: capabilities?.reasoningOff ?? 'disabled' } };
}

function thinkByEffort(reasoning: ReasoningOptions): Thinking {
  const effort = reasoning.effort ?? effortOf(reasoning.budgetTokens);
  return {
    state: 'on',
    config: { type: 'adaptive', ...display(reasoning) },
    // Anthropic has nothing below "low".
    ...(effort !== undefined && { effort: effort === 'minimal' ? 'low' : effort }),
  };
}

/** Never more than Anthropic's default: a budget bounds what is spent. */
function effortOf(budget: number | undefined): Effort | undefined {
  if (budget === undefined) return undefined;
  if (budget <= budgets.low) return 'low';
  return budget <= budgets.medium ? 'medium' : 'high';
}

function thinkByBudget(
  request: CanonicalRequest,
  reasoning: ReasoningOptions,
  { maxTokens, forcedToolCall, losses }: Circumstances & { readonly losses: Losses },
): Thinking {
  const { turns } = toTurns(request.messages);
  const obstacle = forcedToolCall
    ? 'the model cannot think before a tool call that it is forced to make'
    : turns.at(-1)?.role === 'assistant'
      ? 'the model cannot think before it continues an answer'
      : maxTokens <= smallestBudget
        ? `the model thinks with at least ${smallestBudget} tokens, and the cap on output leaves no more`
        : undefined;
  if (obstacle !== undefined) {
    if (isDemanded(reasoning)) losses.drop(reasoning.path ?? 'reasoning', obstacle);
    return { state: 'off' };
  }
  // The client has lost what the model thought before its call: Anthropic continues without, or not at all.
  if (lacksThoughts(turns)) return { state: 'off' };
  const wanted = reasoning.budgetTokens ?? Math.min(budgets[budgetEffort(reasoning.effort)], Math.floor(maxTokens / 2));
  const budget = Math.min(Math.max(wanted, smallestBudget), maxTokens - 1);
  return { state: 'on', config: { type: 'enabled', budget_tokens: budget, ...display(reasoning) } };
}

function budgetEffort(effort: Effort | undefined): Exclude<Effort, 'none'> {
  return effort === undefined || effort === 'none' ? 'medium' : effort;
}

function display({ visible }: ReasoningOptions): object {
  return visible === undefined ? {} : { display: visible ? 'summarized' : 'omitted' };
}

/**
 * Whether the model is in the middle of a loop of tool calls that does not begin with a signed thought. Anthropic takes such a
 * loop for one answer, which has to begin with thinking where thinking has a budget.
 */
function lacksThoughts(turns: readonly Turn[]): boolean {
  let first: Turn | undefined;
  for (let at = turns.length - 1; at > 0; at -= 2) {
    const results = turns[at];
    if (results?.role !== 'user' || !results.content.some(({ type }) => type === 'tool-result')) break;
    first = turns[at - 1];
  }
  if (first?.role !== 'assistant') return false;
  const opening = first.content.find((part) => part.type !== 'text' || part.text !== '');
  const signed = opening?.type === 'reasoning' || opening?.type === 'redacted-reasoning';
  return !signed || opening.state?.origin !== 'anthropic';
}
