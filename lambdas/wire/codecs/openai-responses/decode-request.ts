import {
  type Fields,
  given,
  isAbsent,
  optionalBoolean,
  optionalList,
  optionalNumber,
  optionalObject,
  optionalSchema,
  optionalText,
  requireText,
} from '../../canonical/read.ts';
import type {
  CanonicalRequest,
  Message,
  OutputFormat,
  ReasoningOptions,
  SamplingOptions,
  Untranslated,
} from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';
import { decodeInput } from './decode-input.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';

/** Read below or by the pass-through protocol, or without influence on the answer. */
const known: ReadonlySet<string> = new Set(
  [
    'model models input instructions stream stream_options store background include',
    'tools tool_choice parallel_tool_calls text reasoning truncation max_output_tokens',
    'temperature top_p top_logprobs user safety_identifier metadata client_metadata',
    'prompt_cache_key prompt_cache_retention prompt_cache_options service_tier',
    // Counts calls of OpenAI's own tools, of which none gets here.
    'max_tool_calls',
  ].flatMap((names) => names.split(' ')),
);

export function decodeRequest(fields: Fields, { stream }: { readonly stream: boolean }): CanonicalRequest {
  const untranslated: Untranslated[] = Object.keys(fields)
    .filter((name) => !known.has(name) && !isAbsent(fields[name]))
    .map((name) => ({ path: name }));
  if ((fields['truncation'] ?? 'disabled') !== 'disabled') untranslated.push({ path: 'truncation' });
  const endUser =
    optionalText(fields['safety_identifier'], 'safety_identifier') || optionalText(fields['user'], 'user');
  return {
    stream,
    messages: [...decodeInstructions(fields['instructions']), ...decodeInput(fields['input'])],
    tools: decodeTools(fields['tools'], untranslated),
    ...given('toolChoice', decodeToolChoice(fields['tool_choice'], untranslated)),
    ...given('parallelToolCalls', optionalBoolean(fields['parallel_tool_calls'], 'parallel_tool_calls')),
    ...given('outputFormat', decodeText(fields['text'], untranslated)),
    ...given('reasoning', decodeReasoning(fields['reasoning'], untranslated)),
    sampling: decodeSampling(fields),
    ...given('maxOutputTokens', optionalNumber(fields['max_output_tokens'], 'max_output_tokens')),
    ...given('endUser', endUser || undefined),
    untranslated,
  };
}

function decodeInstructions(value: unknown): Message[] {
  const path = 'instructions';
  const text = optionalText(value, path) ?? '';
  return text === '' ? [] : [{ role: 'system', content: [{ type: 'text', text, path }], path }];
}

function decodeText(value: unknown, untranslated: Untranslated[]): OutputFormat | undefined {
  const text = optionalObject(value, 'text');
  const verbosity = optionalText(text?.['verbosity'], 'text.verbosity') ?? 'medium';
  if (verbosity !== 'medium') untranslated.push({ path: 'text.verbosity' });
  const path = 'text.format';
  const format = optionalObject(text?.['format'], path);
  switch (format?.['type']) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_object':
      return { kind: 'json', path };
    case 'json_schema':
      return {
        kind: 'json-schema',
        schema: optionalSchema(format['schema'], `${path}.schema`) ?? {},
        name: requireText(format['name'], `${path}.name`),
        ...given('description', optionalText(format['description'], `${path}.description`)),
        ...given('strict', optionalBoolean(format['strict'], `${path}.strict`)),
        path,
      };
    default:
      throw invalid(`${path}.type`, 'must be text, json_object or json_schema');
  }
}

const efforts: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

function decodeReasoning(value: unknown, untranslated: Untranslated[]): ReasoningOptions | undefined {
  const path = 'reasoning';
  const reasoning = optionalObject(value, path);
  if (reasoning === undefined) return undefined;
  const effort = optionalText(reasoning['effort'], `${path}.effort`);
  if (effort !== undefined && !efforts.has(effort)) {
    throw invalid(`${path}.effort`, `must be one of ${[...efforts].join(', ')}`);
  }
  const summary =
    optionalText(reasoning['summary'], `${path}.summary`) ??
    optionalText(reasoning['generate_summary'], `${path}.generate_summary`);
  if ((reasoning['mode'] ?? 'standard') !== 'standard') untranslated.push({ path: `${path}.mode` });
  if ((reasoning['context'] ?? 'auto') !== 'auto') untranslated.push({ path: `${path}.context` });
  if (effort === undefined && summary === undefined) return undefined;
  return {
    ...given('effort', effort as ReasoningOptions['effort']),
    ...(summary !== undefined && { visible: summary !== 'none' }),
    path,
  };
}

function decodeSampling(fields: Fields): SamplingOptions {
  const include = optionalList(fields['include'], 'include');
  const alternatives = optionalNumber(fields['top_logprobs'], 'top_logprobs') ?? 0;
  const logprobs = alternatives > 0 || include.includes('message.output_text.logprobs') ? alternatives : undefined;
  return {
    ...given('temperature', optionalNumber(fields['temperature'], 'temperature')),
    ...given('topP', optionalNumber(fields['top_p'], 'top_p')),
    ...given('logprobs', logprobs),
    paths: { temperature: 'temperature', topP: 'top_p', logprobs: 'top_logprobs' },
  };
}
