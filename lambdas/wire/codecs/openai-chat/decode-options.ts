import {
  type Fields,
  given,
  isAbsent,
  optionalBoolean,
  optionalNumber,
  optionalObject,
  optionalText,
  requireText,
} from '../../canonical/read.ts';
import type { OutputFormat, ReasoningOptions, SamplingOptions } from '../../canonical/request.ts';
import { invalid, isObject } from '../../json-fields.ts';

const samplingFields = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  choices: 'n',
} as const;

/** Where the others stood, for messages about them. */
const otherPaths = { stopSequences: 'stop', logprobs: 'logprobs' } as const;

export function decodeSampling(fields: Fields): SamplingOptions {
  const numbers = Object.entries(samplingFields).map(
    ([name, field]) => [name, optionalNumber(fields[field], field)] as const,
  );
  const stopSequences = decodeStop(fields['stop']);
  const members = {
    ...Object.fromEntries(numbers.filter(([, value]) => value !== undefined)),
    ...(stopSequences.length > 0 && { stopSequences }),
    ...given('logprobs', decodeLogprobs(fields)),
  };
  const paths: Readonly<Record<string, string>> = { ...samplingFields, ...otherPaths };
  return { ...members, paths: Object.fromEntries(Object.keys(members).map((name) => [name, paths[name] ?? name])) };
}

function decodeStop(stop: unknown): readonly string[] {
  if (isAbsent(stop)) return [];
  if (typeof stop === 'string') return stop === '' ? [] : [stop];
  if (!Array.isArray(stop)) throw invalid('stop', 'must be a string or an array of strings');
  return stop.map((each, index) => requireText(each, `stop[${index}]`)).filter((each) => each !== '');
}

function decodeLogprobs(fields: Fields): number | undefined {
  const alternatives = optionalNumber(fields['top_logprobs'], 'top_logprobs');
  if (optionalBoolean(fields['logprobs'], 'logprobs') === true) return alternatives ?? 0;
  if (alternatives !== undefined && alternatives > 0) throw invalid('top_logprobs', 'needs "logprobs": true');
  return undefined;
}

export function decodeOutputFormat(fields: Fields): OutputFormat | undefined {
  const path = 'response_format';
  const format = optionalObject(fields[path], path);
  switch (format?.['type']) {
    case undefined:
      if (format !== undefined) throw invalid(`${path}.type`, 'is required');
      return undefined;
    case 'text':
      return undefined;
    case 'json_object':
      return { kind: 'json', path };
    case 'json_schema': {
      const at = `${path}.json_schema`;
      const described = optionalObject(format?.['json_schema'], at) ?? {};
      const schema = optionalObject(described['schema'], `${at}.schema`);
      if (schema === undefined) throw invalid(`${at}.schema`, 'is required');
      return {
        kind: 'json-schema',
        schema,
        ...given('name', optionalText(described['name'], `${at}.name`)),
        ...given('description', optionalText(described['description'], `${at}.description`)),
        ...given('strict', optionalBoolean(described['strict'], `${at}.strict`)),
        path,
      };
    }
    default:
      throw invalid(`${path}.type`, 'must be text, json_object or json_schema');
  }
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** OpenAI's `reasoning_effort`, OpenRouter's `reasoning`, and `thinking` as DeepSeek, Z.ai and LiteLLM have it. */
export function decodeReasoningOptions(fields: Fields): ReasoningOptions | undefined {
  const path = ['reasoning_effort', 'reasoning', 'thinking', 'include_reasoning'].find(
    (name) => !isEmpty(fields[name]),
  );
  if (path === undefined) return undefined;
  const router = optionalObject(fields['reasoning'], 'reasoning');
  const thinking = optionalObject(fields['thinking'], 'thinking');
  const effort =
    readEffort(fields['reasoning_effort'], 'reasoning_effort') ??
    readEffort(router?.['effort'], 'reasoning.effort') ??
    (router?.['enabled'] === false || thinking?.['type'] === 'disabled' ? ('none' as const) : undefined);
  const budgetTokens =
    optionalNumber(router?.['max_tokens'], 'reasoning.max_tokens') ??
    optionalNumber(thinking?.['budget_tokens'], 'thinking.budget_tokens');
  const shown = optionalBoolean(fields['include_reasoning'], 'include_reasoning');
  const hidden = optionalBoolean(router?.['exclude'], 'reasoning.exclude');
  // OpenAI's own option says nothing of it, and its API shows none.
  const visible =
    shown ?? (hidden !== undefined ? !hidden : router !== undefined || thinking !== undefined || undefined);
  // Not to be shown what the model thinks asks for no thinking.
  const asks =
    effort !== undefined || budgetTokens !== undefined || thinking !== undefined || router?.['enabled'] === true;
  if (!asks && visible === false) return undefined;
  return {
    ...given('effort', effort),
    ...given('budgetTokens', budgetTokens),
    ...given('visible', effort === 'none' ? undefined : visible),
    path,
  };
}

function isEmpty(value: unknown): boolean {
  return isAbsent(value) || (isObject(value) && Object.values(value).every(isAbsent));
}

function readEffort(value: unknown, path: string): ReasoningOptions['effort'] {
  const written = optionalText(value, path);
  const effort = efforts.find((each) => each === written);
  if (written !== undefined && effort === undefined) throw invalid(path, `must be one of ${efforts.join(', ')}`);
  return effort;
}
