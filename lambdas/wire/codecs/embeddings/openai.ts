import type { AnswerContext, EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import { given, isAbsent, optionalNumber, optionalText } from '../../canonical/read.ts';
import { invalid, isObject } from '../../json-fields.ts';
import type {
  EmbeddingInput,
  EmbeddingsClientCodec,
  EmbeddingsRequest,
  EmbeddingsResponse,
  EmbeddingsUpstreamCodec,
  EmbeddingTask,
  ExpectedAnswer,
} from './codec.ts';
import { dropTask } from './encode-inputs.ts';
import { toBase64, vectorsResponse } from './vectors.ts';

/** https://platform.openai.com/docs/api-reference/embeddings, and many who speak the same. */
export const openaiEmbeddingsCodec: EmbeddingsClientCodec & EmbeddingsUpstreamCodec = {
  name: 'openai-embeddings',
  decodeRequest,
  encodeResponse,
  encodeRequest,
  decodeResponse,
};

const known = new Set(['model', 'input', 'dimensions', 'encoding_format', 'input_type', 'user', 'models']);

function decodeRequest(fields: Readonly<Record<string, unknown>>): EmbeddingsRequest {
  requireEncoding(fields['encoding_format']);
  const unknown = Object.keys(fields).filter((name) => !known.has(name) && !isAbsent(fields[name]));
  return {
    inputs: decodeInputs(fields['input']),
    ...given('dimensions', readDimensions(fields['dimensions'])),
    ...given('task', readTask(fields['input_type'])),
    ...given('endUser', optionalText(fields['user'], 'user')),
    paths: { dimensions: 'dimensions', task: 'input_type' },
    untranslated: unknown.map((path) => ({ path })),
  };
}

/** One text, texts, one text's tokens, or several texts' tokens. */
function decodeInputs(input: unknown): readonly EmbeddingInput[] {
  if (typeof input === 'string') return [{ kind: 'text', text: input, path: 'input' }];
  if (!Array.isArray(input)) throw invalid('input', isAbsent(input) ? 'is required' : 'must be a string or an array');
  if (input.length === 0) throw invalid('input', 'must not be empty');
  const tokens = readTokens(input);
  if (tokens !== undefined) return [{ kind: 'tokens', tokens, path: 'input' }];
  return input.map((entry: unknown, index): EmbeddingInput => {
    const path = `input[${index}]`;
    if (typeof entry === 'string') return { kind: 'text', text: entry, path };
    const own = readTokens(entry);
    if (own !== undefined) return { kind: 'tokens', tokens: own, path };
    throw invalid(path, 'must be a string or an array of tokens');
  });
}

function readTokens(value: unknown): readonly number[] | undefined {
  const isToken = (token: unknown): boolean => Number.isSafeInteger(token) && Number(token) >= 0;
  return Array.isArray(value) && value.length > 0 && value.every(isToken) ? (value as readonly number[]) : undefined;
}

export function readDimensions(value: unknown, path = 'dimensions'): number | undefined {
  const dimensions = optionalNumber(value, path);
  if (dimensions !== undefined && (!Number.isSafeInteger(dimensions) || dimensions < 1)) {
    throw invalid(path, 'must be a positive integer');
  }
  return dimensions;
}

function requireEncoding(value: unknown): void {
  if (!isAbsent(value) && value !== 'float' && value !== 'base64') {
    throw invalid('encoding_format', 'must be "float" or "base64"');
  }
}

/** A member that OpenAI itself does not have: other vendors make different vectors by it, and clients of theirs send it so. */
const tasks: ReadonlyMap<unknown, EmbeddingTask> = new Map([
  ['query', 'query'],
  ['search_query', 'query'],
  ['document', 'document'],
  ['passage', 'document'],
  ['search_document', 'document'],
  ['classification', 'classification'],
  ['clustering', 'clustering'],
]);

function readTask(value: unknown): EmbeddingTask | undefined {
  if (isAbsent(value)) return undefined;
  const task = tasks.get(value);
  if (task === undefined) throw invalid('input_type', `must be one of ${[...tasks.keys()].join(', ')}`);
  return task;
}

function encodeResponse(
  { model, vectors, usage }: EmbeddingsResponse,
  context: Pick<AnswerContext, 'model' | 'request'>,
): object {
  const asBase64 = context.request['encoding_format'] === 'base64';
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: asBase64 ? toBase64(vector) : vector,
    })),
    model: model ?? context.model,
    // Left out rather than guessed where the provider counts none.
    ...(usage !== undefined && { usage: { prompt_tokens: usage.inputTokens, total_tokens: usage.inputTokens } }),
  };
}

function encodeRequest(request: EmbeddingsRequest, target: Pick<EncodingTarget, 'model'>, losses: Losses): object {
  dropTask(request, losses);
  const input = request.inputs.map((each) => {
    if (each.kind === 'tokens') return each.tokens;
    if (each.title !== undefined) losses.drop(`${each.path}.title`, 'it takes no titles');
    return each.text;
  });
  return {
    model: target.model,
    input,
    encoding_format: 'float',
    ...given('dimensions', request.dimensions),
    ...given('user', request.endUser),
  };
}

/** Also of Voyage, whose answers are the same but for the name of the count. */
export function decodeResponse(value: unknown, expected: ExpectedAnswer): EmbeddingsResponse | undefined {
  if (!isObject(value) || !Array.isArray(value['data'])) return undefined;
  const entries: readonly unknown[] = value['data'];
  const ordered: unknown[] = [];
  for (const [place, entry] of entries.entries()) {
    if (!isObject(entry)) return undefined;
    const index = entry['index'] ?? place;
    if (typeof index !== 'number' || !(index < entries.length)) return undefined;
    ordered[index] = entry['embedding'];
  }
  const usage = isObject(value['usage']) ? value['usage'] : {};
  const inputTokens = usage['prompt_tokens'] ?? usage['total_tokens'];
  return vectorsResponse(ordered, expected, { model: value['model'], inputTokens });
}
