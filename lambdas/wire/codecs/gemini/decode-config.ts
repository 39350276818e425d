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
import type { OutputFormat, ReasoningOptions, SamplingOptions, Untranslated } from '../../canonical/request.ts';
import { geminiMember, type GeminiMember } from '../../gemini-fields.ts';
import { invalid } from '../../json-fields.ts';
import { fromSchema } from './from-schema.ts';
import { membersOf, unknownMembers } from './members.ts';

export interface DecodedConfig {
  readonly sampling: SamplingOptions;
  readonly maxOutputTokens?: number;
  readonly maxOutputTokensPath?: string;
  readonly outputFormat?: OutputFormat;
  readonly reasoning?: ReasoningOptions;
}

const known: ReadonlySet<string> = new Set([
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  '_responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
  // How finely images are looked at: a hint, given to each image by `decode-contents`.
  'mediaResolution',
]);

/** https://ai.google.dev/api/generate-content#v1beta.GenerationConfig */
export function decodeConfig(member: GeminiMember, untranslated: Untranslated[]): DecodedConfig {
  const config = optionalObject(member.value, member.path) ?? {};
  const read = membersOf(config, member.path);
  for (const unread of unknownMembers(config, member.path, known)) untranslated.push(unread);
  const modalities = read('responseModalities');
  const spoken = optionalList(modalities.value, modalities.path);
  if (spoken.some((modality) => modality !== 'TEXT')) {
    untranslated.push({ path: modalities.path, reason: 'only text is translated' });
  }
  const maximum = read('maxOutputTokens');
  return {
    sampling: decodeSampling(read),
    ...given('maxOutputTokens', optionalNumber(maximum.value, maximum.path)),
    ...(!isAbsent(maximum.value) && { maxOutputTokensPath: maximum.path }),
    ...given('outputFormat', decodeOutputFormat(config, member.path, untranslated)),
    ...given('reasoning', decodeThinking(read('thinkingConfig'), untranslated)),
  };
}

const numbers = {
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  seed: 'seed',
  choices: 'candidateCount',
  presencePenalty: 'presencePenalty',
  frequencyPenalty: 'frequencyPenalty',
} as const;

function decodeSampling(read: (name: string) => GeminiMember): SamplingOptions {
  const paths: Record<string, string> = {};
  const options: Record<string, unknown> = {};
  const take = (name: keyof SamplingOptions, path: string, value: unknown): void => {
    if (value === undefined) return;
    options[name] = value;
    paths[name] = path;
  };
  for (const [name, written] of Object.entries(numbers)) {
    const { value, path } = read(written);
    take(name as keyof SamplingOptions, path, optionalNumber(value, path));
  }
  const stop = read('stopSequences');
  const sequences = optionalList(stop.value, stop.path).map((text, index) =>
    requireText(text, `${stop.path}[${index}]`),
  );
  const nonEmpty = sequences.filter((text) => text !== '');
  take('stopSequences', stop.path, nonEmpty.length === 0 ? undefined : nonEmpty);
  const wanted = read('responseLogprobs');
  const logprobs = read('logprobs');
  const count = optionalNumber(logprobs.value, logprobs.path) ?? 0;
  take('logprobs', wanted.path, optionalBoolean(wanted.value, wanted.path) === true ? count : undefined);
  return { ...options, ...(Object.keys(paths).length > 0 && { paths }) };
}

function decodeOutputFormat(config: Fields, path: string, untranslated: Untranslated[]): OutputFormat | undefined {
  const read = membersOf(config, path);
  const mimeType = read('responseMimeType');
  const type = optionalText(mimeType.value, mimeType.path) || 'text/plain';
  if (type !== 'application/json' && type !== 'text/plain') untranslated.push({ path: mimeType.path });
  if (type !== 'application/json') return undefined;
  const openApi = read('responseSchema');
  const json = firstPresent(read('responseJsonSchema'), geminiMember(config, '_responseJsonSchema', path));
  if (!isAbsent(openApi.value)) {
    if (!isAbsent(json.value)) throw invalid(json.path, 'must not stand beside "responseSchema"');
    return { kind: 'json-schema', schema: fromSchema(openApi.value, openApi.path), path: openApi.path };
  }
  const schema = optionalSchema(json.value, json.path);
  return schema === undefined
    ? { kind: 'json', path: mimeType.path }
    : { kind: 'json-schema', schema, path: json.path };
}

function firstPresent(one: GeminiMember, other: GeminiMember): GeminiMember {
  return isAbsent(one.value) ? other : one;
}

const levels = { MINIMAL: 'minimal', LOW: 'low', MEDIUM: 'medium', HIGH: 'high' } as const;

/** A budget of 0 turns thinking off, -1 leaves it to the model. https://ai.google.dev/gemini-api/docs/thinking */
function decodeThinking({ value, path }: GeminiMember, untranslated: Untranslated[]): ReasoningOptions | undefined {
  const fields = optionalObject(value, path);
  if (fields === undefined) return undefined;
  for (const unread of unknownMembers(fields, path, new Set(['includeThoughts', 'thinkingBudget', 'thinkingLevel'])))
    untranslated.push(unread);
  const read = membersOf(fields, path);
  const included = read('includeThoughts');
  const budgetMember = read('thinkingBudget');
  const budget = optionalNumber(budgetMember.value, budgetMember.path);
  const effort = budget === 0 ? 'none' : decodeLevel(read('thinkingLevel'));
  const visible = optionalBoolean(included.value, included.path) ?? false;
  // As without the member: no thinking is asked for, and none is shown.
  if (effort === undefined && budget === undefined && !visible) return undefined;
  return {
    ...given('effort', effort),
    ...(budget !== undefined && budget > 0 && { budgetTokens: budget }),
    visible,
    path,
  };
}

function decodeLevel({ value, path }: GeminiMember): ReasoningOptions['effort'] {
  const level = optionalText(value, path)?.toUpperCase();
  if (level === undefined || level === 'THINKING_LEVEL_UNSPECIFIED') return undefined;
  if (!Object.hasOwn(levels, level)) throw invalid(path, 'must be MINIMAL, LOW, MEDIUM or HIGH');
  return levels[level as keyof typeof levels];
}
