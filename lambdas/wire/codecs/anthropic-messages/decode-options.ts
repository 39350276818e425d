import {
  type Fields,
  given,
  isAbsent,
  optionalList,
  optionalNumber,
  optionalObject,
  optionalText,
  requireObject,
  requireText,
} from '../../canonical/read.ts';
import type { OutputFormat, ReasoningOptions, SamplingOptions, Untranslated } from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';

export function decodeSampling(fields: Fields): SamplingOptions {
  const stopSequences = optionalList(fields['stop_sequences'], 'stop_sequences')
    .map((sequence, index) => requireText(sequence, `stop_sequences[${index}]`))
    .filter((sequence) => sequence !== '');
  const values = {
    ...given('temperature', optionalNumber(fields['temperature'], 'temperature')),
    ...given('topP', optionalNumber(fields['top_p'], 'top_p')),
    ...given('topK', optionalNumber(fields['top_k'], 'top_k')),
    ...(stopSequences.length > 0 && { stopSequences }),
  };
  const paths = Object.fromEntries(
    Object.keys(values).map((name) => [name, wireNames[name as keyof typeof wireNames]]),
  );
  return { ...values, ...(Object.keys(paths).length > 0 && { paths }) };
}

const wireNames = { temperature: 'temperature', topP: 'top_p', topK: 'top_k', stopSequences: 'stop_sequences' };

const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

/**
 * Without `thinking` an effort alone is taken as one of reasoning, of which it is most. Thinking is shown unless the caller says
 * otherwise, as a client of this protocol expects of the models that it was written for.
 */
export function decodeReasoning(fields: Fields): ReasoningOptions | undefined {
  const effort = readEffort(optionalObject(fields['output_config'], 'output_config')?.['effort']);
  const thinking = optionalObject(fields['thinking'], 'thinking');
  if (thinking === undefined) return effort === undefined ? undefined : { effort, path: 'output_config.effort' };
  const visible = optionalText(thinking['display'], 'thinking.display') !== 'omitted';
  switch (thinking['type']) {
    case 'disabled':
    case 'between_tools':
      return { effort: 'none', path: 'thinking' };
    case 'adaptive':
      return { ...given('effort', effort), visible, path: 'thinking' };
    case 'enabled': {
      const budgetTokens = optionalNumber(thinking['budget_tokens'], 'thinking.budget_tokens');
      if (budgetTokens === undefined) throw invalid('thinking.budget_tokens', 'is required');
      return { ...given('effort', effort), budgetTokens, visible, path: 'thinking' };
    }
    default:
      throw invalid('thinking.type', 'must be "adaptive", "enabled", "between_tools" or "disabled"');
  }
}

function readEffort(value: unknown): (typeof efforts)[number] | undefined {
  if (isAbsent(value)) return undefined;
  const effort = efforts.find((known) => known === value);
  if (effort === undefined) throw invalid('output_config.effort', `must be one of ${efforts.join(', ')}`);
  return effort;
}

/** `output_format` is where the format was before `output_config`. */
export function decodeOutputFormat(fields: Fields): OutputFormat | undefined {
  const current = optionalObject(fields['output_config'], 'output_config')?.['format'];
  const path = isAbsent(current) ? 'output_format' : 'output_config.format';
  const format = optionalObject(current ?? fields['output_format'], path);
  if (format === undefined) return undefined;
  if (format['type'] !== 'json_schema') throw invalid(`${path}.type`, 'must be "json_schema"');
  return { kind: 'json-schema', schema: requireObject(format['schema'], `${path}.schema`), strict: true, path };
}

/** Read by this codec, or by the gateway before it. */
const known = new Set([
  'model',
  'messages',
  'max_tokens',
  'stream',
  'system',
  'tools',
  'tool_choice',
  'cache_control',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
]);

/** About the caller, the API's version or the provider's capacity: none of it changes an answer. */
const descriptive = new Set(['service_tier', 'diagnostics', 'betas', 'anthropic_beta', 'anthropic_version']);

/** Members with a value that asks for nothing. */
const defaults: Readonly<Record<string, (value: unknown) => boolean>> = {
  speed: (value) => value === 'standard',
  inference_geo: (value) => value === 'global',
  mcp_servers: (value) => Array.isArray(value) && value.length === 0,
  // Claude Code sends it always. Earlier thoughts reach no other vendor anyway, so clearing them is no loss.
  context_management: clearsOnlyThinking,
};

export function listUntranslated(fields: Fields): readonly Untranslated[] {
  const outputConfig = optionalObject(fields['output_config'], 'output_config') ?? {};
  const inOutputConfig = Object.keys(outputConfig).filter((name) => name !== 'effort' && name !== 'format');
  const unknown = Object.entries(fields).filter(
    ([name, value]) => !known.has(name) && !descriptive.has(name) && !isAbsent(value) && !isDefault(name, value),
  );
  return [
    ...unknown.map(([name]) => ({ path: name })),
    ...inOutputConfig
      .filter((name) => !isAbsent(outputConfig[name]))
      .map((name) => ({ path: `output_config.${name}` })),
  ];
}

function isDefault(name: string, value: unknown): boolean {
  return Object.hasOwn(defaults, name) && defaults[name]?.(value) === true;
}

function clearsOnlyThinking(value: unknown): boolean {
  const { edits, ...others } = requireObject(value, 'context_management');
  return (
    Object.keys(others).length === 0 &&
    optionalList(edits, 'context_management.edits').every((edit, index) => {
      const { type } = requireObject(edit, `context_management.edits[${index}]`);
      return typeof type === 'string' && type.startsWith('clear_thinking_');
    })
  );
}
