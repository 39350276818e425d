import type { ResponseOutputText } from 'openai/resources/responses/responses';
import type { Citation } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';

export type Annotation = ResponseOutputText['annotations'][number];

/** Responses cite web pages by place in the answer, files by id alone; what was quoted has no member. */
export function writeAnnotation(citation: Citation, text: string): Annotation {
  const { url, title = '', documentIndex = 0, textStart = 0, textEnd = text.length } = citation;
  if (url !== undefined) return { type: 'url_citation', url, title, start_index: textStart, end_index: textEnd };
  return { type: 'file_citation', file_id: `document_${documentIndex}`, filename: title, index: documentIndex };
}

const ownDocument = /^document_(\d{1,9})$/;

/** `undefined` for what cites nothing, such as the path of a file that the model made. */
export function readAnnotation(value: unknown): Citation | undefined {
  if (!isObject(value)) return undefined;
  const { type, url, title, filename, file_id: fileId } = value;
  if (type === 'url_citation' && typeof url === 'string') {
    return { kind: 'url', url, ...(typeof title === 'string' && title !== '' && { title }), ...placeOf(value) };
  }
  if (type !== 'file_citation' && type !== 'container_file_citation') return undefined;
  const index = typeof fileId === 'string' ? ownDocument.exec(fileId)?.[1] : undefined;
  return {
    kind: 'document',
    ...(typeof filename === 'string' && filename !== '' && { title: filename }),
    ...(index !== undefined && { documentIndex: Number(index) }),
    ...placeOf(value),
  };
}

function placeOf({ start_index: start, end_index: end }: Readonly<Record<string, unknown>>): Partial<Citation> {
  return typeof start === 'number' && typeof end === 'number' ? { textStart: start, textEnd: end } : {};
}

export function readAnnotations(value: unknown): readonly Citation[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((annotation) => readAnnotation(annotation) ?? []);
}
