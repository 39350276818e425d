import { type Answer, textOf } from '../answer.ts';

/** Citations of chat completions: the whole text cites one page. */
export function buildAnnotations(answer: Answer): object[] {
  return citeUrls(answer).map(({ type, ...url_citation }) => ({ type, url_citation }));
}

/** Citations of responses, which have the same members one level up. */
export function citeUrls(answer: Answer): { type: 'url_citation'; [member: string]: unknown }[] {
  if (answer.citation === undefined) return [];
  const { title, url } = answer.citation;
  return [{ type: 'url_citation', start_index: 0, end_index: textOf(answer, 'text').length, title, url }];
}
