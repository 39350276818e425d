import { given, optionalText, requireList, requireObject, requireText } from '../../canonical/read.ts';
import type { Untranslated } from '../../canonical/request.ts';
import { geminiMember, toCamelCase } from '../../gemini-fields.ts';
import { invalid, isObject, tokenCount } from '../../json-fields.ts';
import { WireError } from '../../wire-error.ts';
import type {
  EmbeddingInput,
  EmbeddingsClientCodec,
  EmbeddingsRequest,
  EmbeddingsUpstreamCodec,
  EmbeddingTask,
} from './codec.ts';
import { encodeTask, refuseTokens } from './encode-inputs.ts';
import { readDimensions } from './openai.ts';
import { vectorsResponse } from './vectors.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * `embedContent` and `batchEmbedContents` as clients call them, told apart by the body; providers are asked by the latter alone.
 * https://ai.google.dev/api/embeddings
 */
export const geminiEmbeddingsCodec: EmbeddingsClientCodec & EmbeddingsUpstreamCodec = {
  name: 'gemini-embeddings',
  decodeRequest,
  encodeResponse({ vectors, usage }, { request }) {
    const embeddings = vectors.map((values) => ({ values }));
    const usageMetadata = usage && { promptTokenCount: usage.inputTokens, totalTokenCount: usage.inputTokens };
    const answer = isBatch(request) ? { embeddings } : { embedding: embeddings[0] };
    return { ...answer, ...given('usageMetadata', usageMetadata) };
  },
  encodeRequest(request, { model }, losses) {
    const taskType = encodeTask(request, taskTypes, losses);
    return {
      requests: request.inputs.map((input) => {
        if (input.kind === 'tokens') return refuseTokens(input.path, losses);
        return {
          model: `models/${model}`,
          content: { parts: [{ text: input.text }] },
          ...given('taskType', taskType),
          ...given('title', input.title),
          ...given('outputDimensionality', request.dimensions),
        };
      }),
    };
  },
  decodeResponse(value, expected) {
    if (!isObject(value) || !Array.isArray(value['embeddings'])) return undefined;
    const vectors = value['embeddings'].map((entry: unknown) => (isObject(entry) ? entry['values'] : undefined));
    const usage = isObject(value['usageMetadata']) ? value['usageMetadata'] : {};
    return vectorsResponse(vectors, expected, { inputTokens: tokenCount(usage['promptTokenCount']) });
  },
};

const taskTypes = {
  query: 'RETRIEVAL_QUERY',
  document: 'RETRIEVAL_DOCUMENT',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
  similarity: 'SEMANTIC_SIMILARITY',
  'question-answering': 'QUESTION_ANSWERING',
  'fact-verification': 'FACT_VERIFICATION',
  'code-query': 'CODE_RETRIEVAL_QUERY',
} as const satisfies Record<EmbeddingTask, string>;

const tasks: ReadonlyMap<unknown, EmbeddingTask | undefined> = new Map<unknown, EmbeddingTask | undefined>([
  [undefined, undefined],
  [null, undefined],
  ['TASK_TYPE_UNSPECIFIED', undefined],
  ...Object.entries(taskTypes).map(([task, word]) => [word, task as EmbeddingTask] as const),
]);

function isBatch(fields: Fields): boolean {
  return fields['requests'] !== undefined;
}

function decodeRequest(fields: Fields): EmbeddingsRequest {
  if (!isBatch(fields)) return join([decodeEntry(fields, '')]);
  const entries = requireList(fields['requests'], 'requests').map((entry, index) =>
    decodeEntry(requireObject(entry, `requests[${index}]`), `requests[${index}]`),
  );
  return join(entries);
}

interface Entry {
  readonly input: EmbeddingInput;
  readonly task: EmbeddingTask | undefined;
  readonly dimensions: number | undefined;
  readonly paths: { readonly task: string; readonly dimensions: string };
  readonly untranslated: readonly Untranslated[];
}

const known = new Set(['model', 'content', 'taskType', 'title', 'outputDimensionality']);

function decodeEntry(fields: Fields, path: string): Entry {
  const task = geminiMember(fields, 'taskType', path);
  const dimensions = geminiMember(fields, 'outputDimensionality', path);
  const contentPath = joined(path, 'content');
  if (!tasks.has(task.value)) throw invalid(task.path, `must be one of ${Object.values(taskTypes).join(', ')}`);
  const unknown = Object.keys(fields).filter((name) => !known.has(toCamelCase(name)));
  return {
    input: {
      kind: 'text',
      text: readText(requireObject(fields['content'], contentPath), contentPath),
      ...given('title', optionalText(fields['title'], joined(path, 'title'))),
      path: path === '' ? 'content' : path,
    },
    task: tasks.get(task.value),
    dimensions: readDimensions(dimensions.value, dimensions.path),
    paths: { task: task.path, dimensions: dimensions.path },
    untranslated: unknown.map((name) => ({ path: joined(path, name) })),
  };
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The parts of a content are one text; an image among them is no other vendor's to embed in the same space. */
function readText(content: Fields, path: string): string {
  const parts = requireList(content['parts'], `${path}.parts`);
  if (parts.length === 0) throw invalid(`${path}.parts`, 'must not be empty');
  const texts = parts.map((part, index) => {
    const partPath = `${path}.parts[${index}]`;
    const fields = requireObject(part, partPath);
    if (fields['text'] === undefined)
      throw untranslatable(partPath, 'only text is embedded by models of other vendors');
    return requireText(fields['text'], `${partPath}.text`);
  });
  return texts.join('\n');
}

/** Every other protocol says these once for all of its inputs. */
function join(entries: readonly Entry[]): EmbeddingsRequest {
  const [first] = entries;
  if (first === undefined) throw invalid('requests', 'must not be empty');
  for (const { task, dimensions, paths } of entries) {
    if (task !== first.task) throw untranslatable(paths.task, 'it must be the same in all requests');
    if (dimensions !== first.dimensions) throw untranslatable(paths.dimensions, 'it must be the same in all requests');
  }
  return {
    inputs: entries.map(({ input }) => input),
    ...given('task', first.task),
    ...given('dimensions', first.dimensions),
    paths: first.paths,
    untranslated: entries.flatMap(({ untranslated }) => untranslated),
  };
}

function untranslatable(path: string, reason: string): WireError {
  return new WireError('parameter_not_supported', `"${path}" cannot be translated: ${reason}.`, { param: path });
}
