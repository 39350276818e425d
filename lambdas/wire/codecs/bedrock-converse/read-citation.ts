import { given } from '../../canonical/read.ts';
import type { Citation } from '../../canonical/request.ts';
import { isObject, tokenCount } from '../../json-fields.ts';

const kinds = {
  documentChar: 'char',
  documentPage: 'page',
  documentChunk: 'block',
  searchResultLocation: 'search-result',
  web: 'url',
} as const;

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html, whole and in a stream. */
export function readCitation(value: unknown): Citation | undefined {
  if (!isObject(value)) return undefined;
  const location = isObject(value['location']) ? value['location'] : {};
  const member = Object.entries(kinds).find(([name]) => isObject(location[name]));
  const place = member === undefined ? {} : (location[member[0]] as Readonly<Record<string, unknown>>);
  return {
    kind: member?.[1] ?? 'document',
    ...given('citedText', citedText(value['sourceContent'])),
    ...given('title', text(value['title'])),
    ...given('url', text(place['url']) ?? text(value['source'])),
    ...given('documentIndex', tokenCount(place['documentIndex']) ?? tokenCount(place['searchResultIndex'])),
    ...given('start', tokenCount(place['start'])),
    ...given('end', tokenCount(place['end'])),
  };
}

function citedText(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((entry: unknown) => (isObject(entry) ? (text(entry['text']) ?? '') : ''));
  return text(texts.join(''));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
