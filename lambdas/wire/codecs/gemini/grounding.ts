import type { Citation } from '../../canonical/request.ts';
import { isObject, tokenCount } from '../../json-fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A citation and where, among the candidate's parts, the text is that carries it. */
export interface PlacedCitation {
  readonly partIndex: number;
  readonly citation: Citation;
}

/**
 * What a candidate says of its sources: recited texts and grounding. Gemini counts offsets in bytes of a part.
 * https://ai.google.dev/api/generate-content#GroundingMetadata
 *
 * @param textOf The part's text; of a stream, all text that came.
 */
export function readCitations(candidate: Fields, textOf: (partIndex: number) => string): readonly PlacedCitation[] {
  return [...readRecitations(candidate, textOf), ...readGrounding(candidate['groundingMetadata'], textOf)];
}

function readRecitations(candidate: Fields, textOf: (partIndex: number) => string): readonly PlacedCitation[] {
  const metadata = isObject(candidate['citationMetadata']) ? candidate['citationMetadata'] : {};
  // Google AI names them as in its v1beta, Vertex AI without the "Sources".
  return list(metadata['citationSources'] ?? metadata['citations']).map((source) => ({
    partIndex: 0,
    citation: { kind: 'url', ...sourceOf(source), ...textRange(source, textOf(0)) },
  }));
}

function readGrounding(metadata: unknown, textOf: (partIndex: number) => string): readonly PlacedCitation[] {
  if (!isObject(metadata)) return [];
  const chunks = list(metadata['groundingChunks']);
  return list(metadata['groundingSupports']).flatMap((support) => {
    const segment = isObject(support['segment']) ? support['segment'] : {};
    const partIndex = tokenCount(segment['partIndex']) ?? 0;
    const indices = Array.isArray(support['groundingChunkIndices']) ? support['groundingChunkIndices'] : [];
    return indices.flatMap((index: unknown): readonly PlacedCitation[] => {
      const chunk = chunks[tokenCount(index) ?? -1];
      if (chunk === undefined) return [];
      return [{ partIndex, citation: { ...chunkSource(chunk), ...textRange(segment, textOf(partIndex)) } }];
    });
  });
}

function chunkSource(chunk: Fields): Pick<Citation, 'kind' | 'url' | 'title' | 'citedText'> {
  const { retrievedContext, web, maps } = chunk;
  if (!isObject(retrievedContext)) {
    return { kind: 'url', ...sourceOf(isObject(web) ? web : isObject(maps) ? maps : {}) };
  }
  const { text } = retrievedContext;
  return { kind: 'document', ...sourceOf(retrievedContext), ...(typeof text === 'string' && { citedText: text }) };
}

function sourceOf({ uri, title }: Fields): Pick<Citation, 'url' | 'title'> {
  return { ...(typeof uri === 'string' && { url: uri }), ...(typeof title === 'string' && { title }) };
}

function textRange(segment: Fields, text: string): Pick<Citation, 'textStart' | 'textEnd'> {
  const end = tokenCount(segment['endIndex']);
  if (end === undefined) return {};
  const bytes = Buffer.from(text);
  const units = (offset: number): number => bytes.toString('utf8', 0, offset).length;
  // Protobuf leaves a zero out of its JSON.
  return { textStart: units(tokenCount(segment['startIndex']) ?? 0), textEnd: units(end) };
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A citation with the text block that carries it. `partIndex` is left out where a client cannot know parts by number: in a stream. */
export interface CitedText {
  readonly citation: Citation;
  readonly text: string;
  readonly partIndex?: number;
  /** Bytes of the candidate's text before the block, where offsets count from its beginning. */
  readonly bytesBefore: number;
}

/** `undefined` where nothing is cited. One without offsets is about its whole block. */
export function writeGroundingMetadata(cited: readonly CitedText[]): object | undefined {
  if (cited.length === 0) return undefined;
  return {
    groundingChunks: cited.map(({ citation }) => writeChunk(citation)),
    groundingSupports: cited.map((entry, index) => ({
      segment: writeSegment(entry),
      groundingChunkIndices: [index],
    })),
  };
}

function writeChunk({ kind, url, title, citedText }: Citation): object {
  const source = { ...(url !== undefined && { uri: url }), ...(title !== undefined && { title }) };
  if (kind === 'url' || kind === 'search-result') return { web: source };
  return { retrievedContext: { ...source, ...(citedText !== undefined && { text: citedText }) } };
}

function writeSegment({ citation, text, partIndex, bytesBefore }: CitedText): object {
  const start = citation.textStart ?? 0;
  const end = citation.textEnd ?? text.length;
  const bytes = (units: number): number => bytesBefore + Buffer.byteLength(text.slice(0, units));
  return {
    ...(partIndex !== undefined && { partIndex }),
    startIndex: bytes(start),
    endIndex: bytes(end),
    text: text.slice(start, end),
  };
}
