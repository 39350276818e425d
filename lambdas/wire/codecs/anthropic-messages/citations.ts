import { given } from '../../canonical/read.ts';
import type { Citation } from '../../canonical/request.ts';
import { isObject, tokenCount } from '../../json-fields.ts';

/** Where each kind of citation has the range of its source. */
const ranges = {
  char_location: ['char', 'start_char_index', 'end_char_index'],
  page_location: ['page', 'start_page_number', 'end_page_number'],
  content_block_location: ['block', 'start_block_index', 'end_block_index'],
  search_result_location: ['search-result', 'start_block_index', 'end_block_index'],
} as const;

/** `undefined` for a kind that is not known: a citation only accompanies the text. */
export function readCitation(value: unknown): Citation | undefined {
  if (!isObject(value)) return undefined;
  const { type } = value;
  const common = { ...given('citedText', textOf(value['cited_text'])) };
  if (type === 'web_search_result_location') {
    return {
      kind: 'url',
      ...common,
      ...given('title', textOf(value['title'])),
      ...given('url', textOf(value['url'])),
    };
  }
  if (typeof type !== 'string' || !Object.hasOwn(ranges, type)) return undefined;
  const [kind, start, end] = ranges[type as keyof typeof ranges];
  return {
    kind,
    ...common,
    ...given('title', textOf(value['document_title']) ?? textOf(value['title'])),
    ...given('url', textOf(value['source'])),
    ...given('documentIndex', tokenCount(value['document_index']) ?? tokenCount(value['search_result_index'])),
    ...given('start', tokenCount(value[start])),
    ...given('end', tokenCount(value[end])),
  };
}

/** Anthropic's nearest form; it has none for a document without a place in it, which is said to be at its beginning. */
export function writeCitation(citation: Citation): object {
  const { kind, citedText = '', title = null, url = '', documentIndex = 0, start = 0, end = start } = citation;
  switch (kind) {
    case 'url':
      // Stands for an entry in Anthropic's own search results, of which there are none.
      return { type: 'web_search_result_location', cited_text: citedText, title, url, encrypted_index: '' };
    case 'search-result':
      return {
        type: 'search_result_location',
        cited_text: citedText,
        title,
        source: url,
        search_result_index: documentIndex,
        start_block_index: start,
        end_block_index: end,
      };
    case 'page':
    case 'block':
    case 'char':
    case 'document': {
      const type = kind === 'page' ? 'page_location' : kind === 'block' ? 'content_block_location' : 'char_location';
      const [, startName, endName] = ranges[type];
      return {
        type,
        cited_text: citedText,
        document_index: documentIndex,
        document_title: title,
        file_id: null,
        [startName]: start,
        [endName]: end,
      };
    }
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
