import { conversationMethods, readGeminiCall } from './gemini-call.ts';
import { geminiMember, toCamelCase, toSnakeCase } from './gemini-fields.ts';
import { readGeminiFinishReason } from './gemini-finish-reason.ts';
import { readGeminiUsage } from './gemini-usage.ts';
import { type JsonBody, mentionsAny, withMembers } from './json-body.ts';
import { invalid, isObject, readPositiveInteger, tokenCount } from './json-fields.ts';
import {
  type EventVerdict,
  failed,
  type FinishReason,
  forward,
  type RequestCall,
  type RequestFacts,
  type ResponseFacts,
  type StreamTap,
  type UpstreamRequestChanges,
  type WireProtocol,
} from './protocol.ts';
import { eventData } from './sse.ts';

/**
 * Gemini generateContent and streamGenerateContent. The model and the method are in the path, so the body goes on as it is but for
 * the cap. Providers are always asked for server-sent events. https://ai.google.dev/api/generate-content
 */
export const gemini = {
  name: 'gemini',
  dialect: 'gemini',
  readRequest,
  buildRequest,
  readResponse,
  createStreamTap,
} as const satisfies WireProtocol;

type Fields = Readonly<Record<string, unknown>>;

function readRequest(body: JsonBody, call: RequestCall): RequestFacts {
  const { model, method } = readGeminiCall(call, conversationMethods);
  requireContents(body.value);
  const config = readMember(body.value, 'generationConfig');
  const maxOutputTokens = readCount(config, 'maxOutputTokens', 10_000_000);
  const stream = method === 'streamGenerateContent';
  return {
    model,
    fallbackModels: [],
    stream,
    maxOutputTokens,
    minOutputTokens: Math.min(thinkingBudget(config) + 1, maxOutputTokens ?? Infinity),
    choices: readCount(config, 'candidateCount', 128) ?? 1,
    wantsStreamUsage: true,
    // A small inline image is no attachment by its size, and still costs more tokens than it has bytes.
    hasReferences: mentionsAny(body, [...references, ...(body.attachments === 0 ? inlineData : [])]),
    ...(stream && { streamForm: readStreamForm(call) }),
    unpricedOption: unpricedOption(body.value, config),
  };
}

/** Members whose tokens the bytes of the body cannot bound; of tools, those that are billed by their tokens alone. */
const references = [
  'fileData',
  'cachedContent',
  'urlContext',
  'fileSearch',
  'codeExecution',
  'continuationToken',
].flatMap(inBothSpellings);
const inlineData = inBothSpellings('inlineData');

function inBothSpellings(name: string): readonly string[] {
  return [`"${name}"`, `"${toSnakeCase(name)}"`];
}

function requireContents(fields: Fields): void {
  const { contents } = fields;
  if (contents === undefined || contents === null) throw invalid('contents', 'is required');
  if (!Array.isArray(contents) || contents.length === 0) throw invalid('contents', 'must be a non-empty array');
  const wrong = contents.findIndex((content) => !isObject(content));
  if (wrong !== -1) throw invalid(`contents[${wrong}]`, 'must be an object');
}

function readMember(fields: Fields, name: string): { readonly fields: Fields; readonly path: string } {
  const { value, path } = geminiMember(fields, name);
  if (value !== undefined && value !== null && !isObject(value)) throw invalid(path, 'must be an object');
  return { fields: isObject(value) ? value : {}, path };
}

function readCount(
  config: { readonly fields: Fields; readonly path: string },
  name: string,
  maximum: number,
): number | undefined {
  const { value, path } = geminiMember(config.fields, name, config.path);
  return readPositiveInteger({ [path]: value }, path, maximum);
}

/** Thoughts are output and count against its cap: under a lower one no room would be left for the answer. */
function thinkingBudget(config: { readonly fields: Fields; readonly path: string }): number {
  const { value } = geminiMember(config.fields, 'thinkingConfig', config.path);
  return isObject(value) ? (tokenCount(geminiMember(value, 'thinkingBudget').value) ?? 0) : 0;
}

/** Clients made by Google's generators send `$alt` for `alt`, with what they want of enumerations behind a semicolon. */
function readStreamForm({ query }: RequestCall): 'sse' | 'json-array' {
  const form = (query.get('alt') ?? query.get('$alt') ?? 'json').split(';', 1)[0];
  if (form !== 'sse' && form !== 'json') throw invalid('alt', 'must be "sse" or "json"');
  return form === 'sse' ? 'sse' : 'json-array';
}

const tokenPricedTools: ReadonlySet<string> = new Set([
  'functionDeclarations',
  'codeExecution',
  'urlContext',
  'fileSearch',
  'computerUse',
]);

/** Priority costs a multiple; unspecified is standard; flex costs less than is charged here. */
const listPriceTiers: ReadonlySet<unknown> = new Set([null, 'unspecified', 'standard', 'flex']);

/**
 * Grounding is billed per prompt or query, images and speech at rates of their own, and a routed request by the model that Google
 * picks. https://ai.google.dev/gemini-api/docs/pricing
 */
function unpricedOption(
  fields: Fields,
  config: { readonly fields: Fields; readonly path: string },
): string | undefined {
  const tier = geminiMember(fields, 'serviceTier');
  if (!listPriceTiers.has(typeof tier.value === 'string' ? tier.value.toLowerCase() : (tier.value ?? null))) {
    return tier.path;
  }
  for (const name of ['routingConfig', 'modelSelectionConfig', 'modelConfig']) {
    const { value, path } = geminiMember(config.fields, name, config.path);
    if (isObject(value)) return path;
  }
  const modalities = geminiMember(config.fields, 'responseModalities', config.path);
  if (Array.isArray(modalities.value) && modalities.value.some((modality) => modality !== 'TEXT')) {
    return modalities.path;
  }
  return unpricedTool(fields['tools']);
}

function unpricedTool(value: unknown): string | undefined {
  const tools: readonly unknown[] = Array.isArray(value) ? value : [];
  for (const [index, tool] of tools.entries()) {
    const unpriced = isObject(tool)
      ? Object.keys(tool).find((name) => !tokenPricedTools.has(toCamelCase(name)))
      : undefined;
    if (unpriced !== undefined) return `tools[${index}].${unpriced}`;
  }
  return undefined;
}

function buildRequest(body: JsonBody, facts: RequestFacts, changes: UpstreamRequestChanges): Buffer {
  // What a client repeats of the path in the body must not name another model than the one that is called.
  const members: Record<string, unknown> = { model: undefined };
  const cap = changes.maxOutputTokens;
  if (cap !== undefined && cap < (facts.maxOutputTokens ?? Infinity)) {
    const { fields, path } = readMember(body.value, 'generationConfig');
    const name = geminiMember(fields, 'maxOutputTokens').path;
    members[path] = { ...fields, [name]: cap };
  }
  return withMembers(body, members);
}

function readResponse(value: unknown): ResponseFacts | undefined {
  if (!isObject(value)) return undefined;
  const { candidates, promptFeedback, usageMetadata } = value;
  if (!Array.isArray(candidates) && !isObject(promptFeedback) && !isObject(usageMetadata)) return undefined;
  return { usage: readGeminiUsage(usageMetadata), finishReason: finishReasonOf(value) };
}

/** The first candidate's; a blocked prompt has none. */
function finishReasonOf({ candidates, promptFeedback }: Fields): FinishReason | undefined {
  for (const candidate of Array.isArray(candidates) ? (candidates as unknown[]) : []) {
    const reason = isObject(candidate) ? readGeminiFinishReason(candidate['finishReason']) : undefined;
    if (reason !== undefined) return reason;
  }
  return isObject(promptFeedback) && promptFeedback['blockReason'] !== undefined ? 'content_filter' : undefined;
}

/** Gemini marks no end: a body that is over after a finish reason was complete. */
function createStreamTap(): StreamTap {
  let usage: ResponseFacts['usage'];
  let finish: FinishReason | undefined;
  let contentEvents = 0;
  return {
    read(text): EventVerdict {
      // Events are few and large here, and each one tells the usage so far.
      const chunk = parseData(text);
      if (!isObject(chunk)) return forward;
      if (isObject(chunk['error'])) return failed;
      contentEvents += Array.isArray(chunk['candidates']) ? 1 : 0;
      usage = readGeminiUsage(chunk['usageMetadata']) ?? usage;
      finish = finishReasonOf(chunk) ?? finish;
      return forward;
    },
    facts: () => ({ usage, finishReason: finish }),
    contentEvents: () => contentEvents,
  };
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(eventData(text) ?? 'null');
  } catch {
    return undefined;
  }
}
