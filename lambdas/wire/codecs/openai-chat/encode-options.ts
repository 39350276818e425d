import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, ReasoningOptions, SamplingOptions } from '../../canonical/request.ts';

export function encodeSampling(sampling: SamplingOptions, target: EncodingTarget, losses: Losses): object {
  const { temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stopSequences, logprobs, choices } =
    sampling;
  const pathOf = (name: string): string => sampling.paths?.[name] ?? name;
  if (topK !== undefined) losses.drop(pathOf('topK'), 'it has no such option');
  // Reasoning models take the defaults alone, and saying those says nothing.
  const adjustable = (name: 'temperature' | 'topP', value: number | undefined): number | undefined => {
    if (target.capabilities?.sampling !== false || value === undefined) return value;
    if (value !== 1) losses.drop(pathOf(name), 'the model takes its default alone');
    return undefined;
  };
  return present({
    temperature: adjustable('temperature', temperature),
    top_p: adjustable('topP', topP),
    // Some vendors refuse these by name, and these values say what every vendor does anyway.
    frequency_penalty: frequencyPenalty === 0 ? undefined : frequencyPenalty,
    presence_penalty: presencePenalty === 0 ? undefined : presencePenalty,
    seed,
    stop: stopSequences === undefined || stopSequences.length === 0 ? undefined : stopSequences,
    logprobs: logprobs === undefined ? undefined : true,
    top_logprobs: logprobs === undefined || logprobs === 0 ? undefined : logprobs,
    n: choices === 1 ? undefined : choices,
  });
}

export function encodeReasoningOptions(
  reasoning: ReasoningOptions | undefined,
  { capabilities }: EncodingTarget,
  losses: Losses,
): object {
  const effort = reasoning?.effort ?? effortOf(reasoning?.budgetTokens);
  if (effort === undefined) return {};
  if (capabilities?.reasoning === false) {
    if (effort !== 'none') losses.drop(reasoning?.path ?? 'reasoning', 'the model does not reason');
    return {};
  }
  return { reasoning_effort: effort };
}

/** There is no budget here, so the level whose usual length comes nearest. */
function effortOf(budgetTokens: number | undefined): ReasoningOptions['effort'] {
  if (budgetTokens === undefined) return undefined;
  if (budgetTokens === 0) return 'none';
  if (budgetTokens <= 2048) return 'low';
  return budgetTokens <= 8192 ? 'medium' : 'high';
}

export function encodeOutputFormat(
  format: CanonicalRequest['outputFormat'],
  { capabilities }: EncodingTarget,
  losses: Losses,
): object {
  if (format === undefined) return {};
  if (format.kind === 'json') return { response_format: { type: 'json_object' } };
  if (capabilities?.structuredOutput === false) {
    return losses.refuse(format.path ?? 'response_format', 'the model cannot be held to a schema');
  }
  const { schema, description, strict } = format;
  const described = present({ name: schemaName(format.name), description, schema, strict });
  return { response_format: { type: 'json_schema', json_schema: described } };
}

/** The name is demanded, and means something to the model only. */
function schemaName(name: string | undefined): string {
  const written = (name ?? '').replaceAll(/[^\w-]/g, '_').slice(0, 64);
  return written === '' ? 'response' : written;
}

export function present(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
