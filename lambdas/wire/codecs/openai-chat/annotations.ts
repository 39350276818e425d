import { given } from '../../canonical/read.ts';
import type { Citation } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';

/** https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat#output-and-citations */
export function readAnnotations(value: unknown): readonly Citation[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((annotation: unknown) => {
    const cited = isObject(annotation) ? annotation['url_citation'] : undefined;
    if (!isObject(cited) || typeof cited['url'] !== 'string') return [];
    return [
      {
        kind: 'url' as const,
        url: cited['url'],
        ...given('title', textOf(cited['title'])),
        ...given('citedText', textOf(cited['content'])),
        ...given('textStart', numberOf(cited['start_index'])),
        ...given('textEnd', numberOf(cited['end_index'])),
      },
    ];
  });
}

/** Perplexity's lists of sources, repeated on every chunk. https://docs.perplexity.ai/api-reference/chat-completions-post */
export function readSources(value: Readonly<Record<string, unknown>>): readonly Citation[] {
  const { search_results: results, citations } = value;
  const sources: unknown = Array.isArray(results) && results.length > 0 ? results : citations;
  if (!Array.isArray(sources)) return [];
  return sources.flatMap((source: unknown) => {
    if (typeof source === 'string') return [{ kind: 'url' as const, url: source }];
    if (!isObject(source) || typeof source['url'] !== 'string') return [];
    return [{ kind: 'url' as const, url: source['url'], ...given('title', textOf(source['title'])) }];
  });
}

/**
 * `undefined` for a citation of something else than a URL: this protocol has no form for it.
 *
 * @param span Where the cited statement stands in the message's whole content, unless the citation says it more exactly.
 */
export function writeAnnotation(citation: Citation, span: { start: number; end: number }): object | undefined {
  if (citation.url === undefined) return undefined;
  const { textStart, textEnd } = citation;
  return {
    type: 'url_citation',
    url_citation: {
      start_index: textStart === undefined ? span.start : span.start + textStart,
      end_index: textEnd === undefined ? span.end : span.start + textEnd,
      title: citation.title ?? '',
      url: citation.url,
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
