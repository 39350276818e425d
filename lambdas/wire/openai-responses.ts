import { type JsonBody, mentionsAny, withMembers } from './json-body.ts';
import {
  invalid,
  isObject,
  readBoolean,
  readModelList,
  readObject,
  readPositiveInteger,
  requireModel,
} from './json-fields.ts';
import { readResponsesFinish, readResponsesUsage } from './openai-responses-facts.ts';
import { withoutUnproved } from './openai-responses-unproved.ts';
import {
  end,
  type EventVerdict,
  failed,
  forward,
  type RequestFacts,
  type ResponseFacts,
  type StreamTap,
  type UpstreamRequestChanges,
  type WireProtocol,
} from './protocol.ts';
import { eventData } from './sse.ts';

type Fields = Readonly<Record<string, unknown>>;

/** OpenAI responses, without its storage. https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses = {
  name: 'openai-responses',
  dialect: 'openai-responses',
  readRequest,
  buildRequest,
  readResponse,
  createStreamTap,
} as const satisfies WireProtocol;

/** OpenAI refuses a lower cap (`integer_below_min_value`). */
const leastOutputTokens = 16;

function readRequest(body: JsonBody): RequestFacts {
  const fields = body.value;
  refuseStorage(fields);
  const maxOutputTokens = readPositiveInteger(fields, 'max_output_tokens', 10_000_000);
  const items = requireInput(fields);
  return {
    model: requireModel(fields),
    fallbackModels: readModelList(fields, 'models'),
    stream: readBoolean(fields, 'stream'),
    maxOutputTokens,
    minOutputTokens: Math.min(leastOutputTokens, maxOutputTokens ?? leastOutputTokens),
    choices: 1,
    wantsStreamUsage: true,
    hasReferences:
      (fields['prompt'] ?? null) !== null || mentionsAny(body, ['"image_url"', '"input_file"', '"file_id"']),
    unpricedOption: unpricedOption(fields, items),
  };
}

/**
 * Gatehouse stores no content, and lets no provider store it on its behalf.
 *
 * @throws WireError naming what relies on a stored conversation.
 */
export function refuseStorage(fields: Fields): void {
  for (const name of ['previous_response_id', 'conversation', 'background', 'store']) {
    const value = fields[name] ?? false;
    if (value !== false) throw invalid(name, `is not served, ${noStorage}`);
  }
  const { input } = fields;
  const reference = Array.isArray(input) ? input.findIndex(isReference) : -1;
  if (reference !== -1) throw invalid(`input[${reference}]`, `refers to a stored item, ${noStorage}`);
}

const noStorage =
  'because Gatehouse stores no content: send "store": false, all items of the conversation in "input", and "include": ' +
  '["reasoning.encrypted_content"] to carry reasoning from turn to turn';

/** The type of a reference may be left out; every other item without a type is a message and has a role. */
function isReference(item: unknown): boolean {
  return (
    isObject(item) &&
    (item['type'] ?? (item['role'] === undefined && item['id'] && 'item_reference')) === 'item_reference'
  );
}

function requireInput(fields: Fields): readonly Fields[] {
  const { input } = fields;
  if (typeof input === 'string') return [];
  if (!Array.isArray(input)) throw invalid('input', 'must be a string or an array');
  const wrong = input.findIndex((item) => !isObject(item));
  if (wrong !== -1) throw invalid(`input[${wrong}]`, 'must be an object');
  return input as Fields[];
}

/** https://platform.openai.com/docs/guides/priority-processing: the others cost a multiple; `flex` costs less than is charged here. */
const listPriceTiers: ReadonlySet<unknown> = new Set([null, 'auto', 'default', 'flex']);

/** Tools that the client runs itself. The provider's own are billed per call. https://platform.openai.com/docs/pricing */
const unbilledTools: ReadonlySet<unknown> = new Set([
  'function',
  'custom',
  'namespace',
  'tool_search',
  'local_shell',
  'apply_patch',
]);

function unpricedOption(fields: Fields, items: readonly Fields[]): string | undefined {
  if (!listPriceTiers.has(fields['service_tier'] ?? null)) return 'service_tier';
  // A stored prompt may bring tools of its own; items of the input may add some.
  if ((fields['prompt'] ?? null) !== null) return 'prompt';
  if (hasBilledTool(fields)) return 'tools';
  return items.some(hasBilledTool) ? 'input' : undefined;
}

function hasBilledTool({ tools }: Fields): boolean {
  return Array.isArray(tools) && tools.some((tool) => isObject(tool) && !unbilledTools.has(tool['type']));
}

function buildRequest(body: JsonBody, facts: RequestFacts, changes: UpstreamRequestChanges): Buffer {
  const members: Record<string, unknown> = { models: undefined };
  if (changes.model !== facts.model) members['model'] = changes.model;
  const input = withoutUnproved(body.value['input']);
  if (input !== undefined) members['input'] = input;
  const cap = changes.maxOutputTokens;
  if (cap !== undefined && cap < (facts.maxOutputTokens ?? Infinity)) members['max_output_tokens'] = cap;
  if (body.value['store'] !== false) Object.assign(members, unstored(body.value));
  return withMembers(body, members);
}

/**
 * OpenAI stores what does not say otherwise. A caller that left the choice to it expects reasoning to come back in the next turn,
 * which without storage takes the encrypted form; models that do not reason refuse to give it.
 */
function unstored(fields: Fields): Fields {
  const include = Array.isArray(fields['include']) ? fields['include'] : [];
  const reasons = typeof readObject(fields, 'reasoning')?.['effort'] === 'string';
  if (!reasons || include.includes('reasoning.encrypted_content')) return { store: false };
  return { store: false, include: [...include, 'reasoning.encrypted_content'] };
}

function readResponse(value: unknown): ResponseFacts | undefined {
  if (!isObject(value) || !Array.isArray(value['output'])) return undefined;
  return { usage: readResponsesUsage(value['usage']), finishReason: readResponsesFinish(value) };
}

function createStreamTap(): StreamTap {
  let facts: ResponseFacts = { usage: undefined, finishReason: undefined };
  let contentEvents = 0;

  const readTerminal = (text: string, verdict: EventVerdict): EventVerdict => {
    const event = parseData(text);
    facts = readResponse(isObject(event) ? event['response'] : undefined) ?? facts;
    return verdict;
  };

  return {
    read(text): EventVerdict {
      const type = eventType(text);
      if (type.endsWith('.delta')) contentEvents += 1;
      switch (type) {
        case 'response.completed':
        case 'response.incomplete':
          return readTerminal(text, end);
        case 'response.failed':
          return readTerminal(text, failed);
        case 'error':
          return failed;
        default:
          return forward;
      }
    },
    facts: () => facts,
    contentEvents: () => contentEvents,
  };
}

const named = /(?:^|[\r\n])event: ?([\w.]+)/;
/** Inside a JSON string these quotes would be escaped; a schema may still have such a member, so the event is parsed then. */
const telling = /"type"\s*:\s*"(?:response\.(?:completed|incomplete|failed|[\w.]+\.delta)|error)"/;

function eventType(text: string): string {
  const name = named.exec(text)?.[1];
  if (name !== undefined) return name;
  // Some inference servers send no names.
  const event = telling.test(text) ? parseData(text) : undefined;
  return isObject(event) && typeof event['type'] === 'string' ? event['type'] : '';
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(eventData(text) ?? 'null');
  } catch {
    return undefined;
  }
}
