import { type Fields, given, isAbsent, optionalBoolean, optionalText } from '../../canonical/read.ts';
import type { CanonicalRequest, Untranslated } from '../../canonical/request.ts';
import { isObject, readPositiveInteger } from '../../json-fields.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeOutputFormat, decodeReasoningOptions, decodeSampling } from './decode-options.ts';
import { decodeTools } from './decode-tools.ts';

/** https://platform.openai.com/docs/api-reference/chat/create */
export function decodeRequest(fields: Fields, options: { readonly stream: boolean }): CanonicalRequest {
  const conversation = decodeMessages(fields['messages']);
  const { untranslated: otherTools, ...tools } = decodeTools(fields);
  const endUser =
    optionalText(fields['safety_identifier'], 'safety_identifier') || optionalText(fields['user'], 'user');
  return {
    stream: options.stream,
    messages: conversation.messages,
    ...tools,
    ...given('parallelToolCalls', optionalBoolean(fields['parallel_tool_calls'], 'parallel_tool_calls')),
    ...given('outputFormat', decodeOutputFormat(fields)),
    ...given('reasoning', decodeReasoningOptions(fields)),
    sampling: decodeSampling(fields),
    ...decodeCap(fields),
    ...given('endUser', endUser || undefined),
    untranslated: [...conversation.untranslated, ...otherTools, ...untranslatedOf(fields)],
  };
}

const largestCap = 10_000_000;

function decodeCap(fields: Fields): Pick<CanonicalRequest, 'maxOutputTokens' | 'maxOutputTokensPath'> {
  for (const maxOutputTokensPath of ['max_completion_tokens', 'max_tokens']) {
    const maxOutputTokens = readPositiveInteger(fields, maxOutputTokensPath, largestCap);
    if (maxOutputTokens !== undefined) return { maxOutputTokens, maxOutputTokensPath };
  }
  return {};
}

/** Read above, read by the gateway, or about the caller, the price and the cache and not about the answer. */
const known: ReadonlySet<string> = new Set(
  [
    'messages model models provider route stream stream_options max_tokens max_completion_tokens',
    'tools tool_choice functions function_call parallel_tool_calls response_format',
    'reasoning_effort reasoning thinking include_reasoning',
    'temperature top_p top_k frequency_penalty presence_penalty seed n stop logprobs top_logprobs',
    'user safety_identifier metadata service_tier usage',
    'prompt_cache_key prompt_cache_retention prompt_cache_options',
    // A guess at the answer makes it come sooner and is billed, but changes no word of it.
    'prediction',
  ].flatMap((line) => line.split(' ')),
);

/** Members that are at what every provider does anyway say nothing. */
const saysNothing: Readonly<Record<string, (value: unknown) => boolean>> = {
  store: (value) => value === false,
  verbosity: (value) => value === 'medium',
  logit_bias: (value) => isObject(value) && Object.keys(value).length === 0,
  modalities: (value) => Array.isArray(value) && value.every((each) => each === 'text'),
  // OpenRouter's and vLLM's, at which they are off.
  repetition_penalty: (value) => value === 1,
  min_p: (value) => value === 0,
  top_a: (value) => value === 0,
};

const reasons: Readonly<Record<string, string>> = {
  store: 'only OpenAI stores completions',
  verbosity: 'only OpenAI has it',
  logit_bias: 'tokens are numbered differently by each vendor',
  modalities: 'only text can be asked for',
};

function untranslatedOf(fields: Fields): readonly Untranslated[] {
  return Object.keys(fields)
    .filter((name) => !known.has(name) && !isAbsent(fields[name]))
    .filter((name) => !(Object.hasOwn(saysNothing, name) && saysNothing[name]?.(fields[name]) === true))
    .map((name) => ({ path: name, ...given('reason', Object.hasOwn(reasons, name) ? reasons[name] : undefined) }));
}
