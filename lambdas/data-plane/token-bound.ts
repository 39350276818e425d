import { totalInputTokens, type TokenUsage } from '../metering/token-usage.ts';
import type { Target } from '../routing/target.ts';
import type { InputSize } from '../wire/input-size.ts';
import type { JsonBody } from '../wire/json-body.ts';
import type { RequestFacts } from '../wire/protocol.ts';

/**
 * How many tokens a request can have at most, and how many it probably has. Money is held for the bound; the tokens of a minute
 * are counted by the estimate and corrected when the real figure is known (docs/settlement.md says why not by the bound).
 */

/** A token is at least one byte of text for every byte-level tokenizer, so the text's bytes bound its tokens. */
const bytesPerTokenAtLeast = 1;
/** English prose with its JSON around it; other scripts and code are corrected at settlement. */
const bytesPerTokenUsually = 4;
/** One image at the most expensive resolution any catalog model charges for; a document can pass it by its size. */
const attachmentTokensAtMost = 50_000;
const attachmentTokensUsually = 1_600;
/**
 * Providers put instructions of their own before tools and schemas and charge them; Anthropic has listed up to 530 tokens.
 * https://docs.anthropic.com/en/docs/tool-use-pricing-and-tokens
 */
const instructionTokensAtMost = 1_000;
/** Stands for the context of a model that declares none, where the body points at content we never see. */
const assumedContextTokens = 200_000;

/** Output per choice where neither the caller nor the model says; a tight budget should not need a hold of 128 k tokens. */
const defaultOutputTokens = 8_192;

export function inputTokensAtMost(size: InputSize, target: Target): number {
  const context = target.contextTokens ?? Infinity;
  const own = Math.min(context, ownTokensAtMost(size));
  return size.hasReferences ? Math.max(Math.min(context, assumedContextTokens), own) : own;
}

function ownTokensAtMost({ textBytes, attachments, attachmentBytes, hasInstructions }: InputSize): number {
  const text = Math.ceil(textBytes / bytesPerTokenAtLeast) + (hasInstructions ? instructionTokensAtMost : 0);
  return text + Math.max(attachments * attachmentTokensAtMost, attachmentBytes);
}

/** Members of requests that go to a provider as they are; OpenAI's and Google's schemas are counted as they are written. */
const instructive = ['tools', 'functions', 'output_config', 'output_format'];

/** Of a body that goes to the provider as it is. */
export function passedSize(
  { value, textBytes, attachments, attachmentBytes }: JsonBody,
  facts: RequestFacts,
): InputSize {
  const hasInstructions = instructive.some((name) => (value[name] ?? null) !== null);
  return { textBytes, attachments, attachmentBytes, hasReferences: facts.hasReferences, hasInstructions };
}

export function inputTokensUsually(body: JsonBody): number {
  return Math.ceil(body.textBytes / bytesPerTokenUsually) + body.attachments * attachmentTokensUsually;
}

/** The cap per choice to reserve for, before any limit lowers it. */
export function outputTokensWanted(facts: RequestFacts, targets: readonly Target[]): number {
  if (facts.choices === 0) return 0;
  const possible = Math.max(...targets.map((target) => target.maxOutputTokens ?? Infinity));
  return Math.min(facts.maxOutputTokens ?? defaultOutputTokens, possible);
}

/**
 * Usage of an answer whose provider did not report it, from what was seen go by. Marked as estimated wherever it is shown, and
 * never more than what was reserved.
 */
export function estimateUsage(
  seen: { inputTokens: number; contentEvents: number; bytes: number; maxOutputTokens: number },
  reported: TokenUsage | undefined,
): TokenUsage {
  // Nearly every provider sends one token per event; merged ones show in the bytes.
  const byBytes = Math.ceil(seen.bytes / bytesPerTokenUsually);
  const outputTokens = Math.min(Math.max(seen.contentEvents, byBytes), seen.maxOutputTokens);
  if (reported !== undefined && totalInputTokens(reported) > 0) {
    return { ...reported, outputTokens: Math.max(reported.outputTokens, outputTokens) };
  }
  return {
    inputTokens: seen.inputTokens,
    cacheReadInputTokens: 0,
    cacheWrite5mInputTokens: 0,
    cacheWrite1hInputTokens: 0,
    outputTokens,
    reasoningTokens: 0,
  };
}
