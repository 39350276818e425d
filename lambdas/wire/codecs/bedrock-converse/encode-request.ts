import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, OutputFormat, SamplingOptions, TextPart } from '../../canonical/request.ts';
import { toTurns } from '../../canonical/turns.ts';
import { cachePoint } from './cache-point.ts';
import { encodeMessages } from './encode-messages.ts';
import { type EncodedReasoning, encodeReasoningOptions } from './encode-reasoning.ts';
import { encodeTools } from './encode-tools.ts';
import { type ModelFamily, modelFamily } from './model-family.ts';

/**
 * The body of Converse and of ConverseStream; the model and whether it streams are in the URL.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export function encodeRequest(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const family = modelFamily(target);
  const { system, turns } = toTurns(request.messages);
  const systemBlocks = encodeSystem(system, family);
  const { toolConfig, modelToolChoice } = encodeTools(request, family, losses);
  const reasoning = encodeReasoningOptions(request.reasoning, target, family, losses);
  refuseUnknownSampling(request.sampling, losses);
  const modelFields = {
    ...reasoning.modelFields,
    ...encodeTopK(request.sampling, reasoning, family, losses),
    ...(modelToolChoice !== undefined && { tool_choice: modelToolChoice }),
  };
  const outputConfig = {
    ...encodeOutputFormat(request.outputFormat, losses),
    ...(reasoning.effort !== undefined && { effort: reasoning.effort }),
  };
  const stops = request.sampling.stopSequences ?? [];
  return {
    messages: encodeMessages(turns, target, losses),
    ...(systemBlocks.length > 0 && { system: systemBlocks }),
    ...unlessEmpty('inferenceConfig', encodeInference(request.sampling, target, reasoning, losses)),
    ...(toolConfig !== undefined && { toolConfig }),
    ...unlessEmpty('outputConfig', outputConfig),
    ...unlessEmpty('additionalModelRequestFields', modelFields),
    // Which sequence stopped it is a field of Claude's own.
    ...(family === 'claude' && stops.length > 0 && { additionalModelResponseFieldPaths: ['/stop_sequence'] }),
  };
}

function encodeSystem(system: readonly TextPart[], family: ModelFamily): readonly object[] {
  return system.flatMap(({ text, cache }) => (text.trim() === '' ? [] : [{ text }, ...cachePoint(cache, family)]));
}

function encodeInference(
  { temperature, topP, stopSequences = [], paths }: SamplingOptions,
  target: EncodingTarget,
  { isClaudeThinking }: EncodedReasoning,
  losses: Losses,
): object {
  const refusesTemperature = isClaudeThinking && temperature !== undefined && temperature !== 1;
  if (refusesTemperature) {
    losses.drop(paths?.['temperature'] ?? 'temperature', 'it must be 1 while the model reasons');
  }
  return {
    ...(target.maxOutputTokens !== undefined && { maxTokens: target.maxOutputTokens }),
    ...(temperature !== undefined && !refusesTemperature && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stopSequences.length > 0 && { stopSequences }),
  };
}

function encodeTopK(
  { topK, paths }: SamplingOptions,
  { isClaudeThinking }: EncodedReasoning,
  family: ModelFamily,
  losses: Losses,
): object {
  if (topK === undefined) return {};
  if (family === 'claude' && !isClaudeThinking) return { top_k: topK };
  if (family === 'nova' || family === 'nova-2') return { inferenceConfig: { topK } };
  losses.drop(
    paths?.['topK'] ?? 'top_k',
    isClaudeThinking ? 'it cannot be set while the model reasons' : 'it has none',
  );
  return {};
}

function refuseUnknownSampling(sampling: SamplingOptions, losses: Losses): void {
  const refuse = (member: keyof SamplingOptions, reason: string): void => {
    losses.drop(sampling.paths?.[member] ?? member, reason);
  };
  if ((sampling.frequencyPenalty ?? 0) !== 0) refuse('frequencyPenalty', 'it has no penalties');
  if ((sampling.presencePenalty ?? 0) !== 0) refuse('presencePenalty', 'it has no penalties');
  if (sampling.seed !== undefined) refuse('seed', 'it has no seed');
  if (sampling.logprobs !== undefined) refuse('logprobs', 'it gives no probabilities of tokens');
  if ((sampling.choices ?? 1) > 1) refuse('choices', 'it gives one answer');
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
function encodeOutputFormat(format: OutputFormat | undefined, losses: Losses): object {
  if (format === undefined) return {};
  if (format.kind === 'json') {
    losses.drop(format.path ?? 'response_format', 'it holds answers to a JSON schema, not to JSON as such');
    return {};
  }
  const { schema, name, description } = format;
  const jsonSchema = {
    schema: JSON.stringify(schema),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
  };
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
}

function unlessEmpty(name: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}
