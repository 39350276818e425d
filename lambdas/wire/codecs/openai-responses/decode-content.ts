import {
  type Fields,
  given,
  isAbsent,
  optionalList,
  optionalObject,
  optionalText,
  readMediaUrl,
  requireList,
  requireObject,
  requireText,
} from '../../canonical/read.ts';
import type {
  AudioPart,
  CacheMarker,
  DocumentPart,
  ImagePart,
  MediaSource,
  RefusalPart,
  TextPart,
} from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';
import { readAnnotations } from './citations.ts';

/** Parts of messages and of tool results: a text, or a list of parts that begin with `input_`. */

export function decodeTexts(value: unknown, path: string): TextPart[] {
  return decodeParts(value, path, (part, at) => decodeText(part, at));
}

export function decodeUserContent(value: unknown, path: string): (TextPart | ImagePart | DocumentPart | AudioPart)[] {
  return decodeParts(value, path, (part, at) =>
    part['type'] === 'input_audio' ? decodeAudio(part, at) : decodeInputPart(part, at),
  );
}

export function decodeResultContent(value: unknown, path: string): (TextPart | ImagePart | DocumentPart)[] {
  return decodeParts(value, path, decodeInputPart);
}

export function decodeAssistantContent(value: unknown, path: string): (TextPart | RefusalPart)[] {
  return decodeParts(value, path, (part, at) =>
    part['type'] === 'refusal'
      ? { type: 'refusal', text: requireText(part['refusal'], `${at}.refusal`), path: at }
      : decodeText(part, at),
  );
}

function decodeParts<Part>(
  value: unknown,
  path: string,
  decode: (part: Fields, path: string) => Part,
): (Part | TextPart)[] {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value, path }];
  return requireList(value, path).map((part, index) => {
    const at = `${path}[${index}]`;
    return decode(requireObject(part, at), at);
  });
}

function decodeText(part: Fields, path: string): TextPart {
  if (part['type'] !== 'input_text' && part['type'] !== 'output_text') throw unknownPart(path);
  const citations = readAnnotations(optionalList(part['annotations'], `${path}.annotations`));
  return {
    type: 'text',
    text: requireText(part['text'], `${path}.text`),
    ...decodeCache(part, path),
    ...(citations.length > 0 && { citations }),
    path,
  };
}

function decodeInputPart(part: Fields, path: string): TextPart | ImagePart | DocumentPart {
  switch (part['type']) {
    case 'input_image':
      return decodeImage(part, path);
    case 'input_file':
      return decodeFile(part, path);
    default:
      return decodeText(part, path);
  }
}

const details: ReadonlySet<string> = new Set(['low', 'high', 'auto', 'original']);

function decodeImage(part: Fields, path: string): ImagePart {
  const detail = optionalText(part['detail'], `${path}.detail`);
  if (detail !== undefined && !details.has(detail))
    throw invalid(`${path}.detail`, `must be ${[...details].join(', ')}`);
  const url = optionalText(part['image_url'], `${path}.image_url`);
  const source = url === undefined ? fileSource(part, path, 'image_url') : readMediaUrl(url, `${path}.image_url`);
  return {
    type: 'image',
    source,
    ...given('detail', detail as ImagePart['detail']),
    ...decodeCache(part, path),
    path,
  };
}

function decodeFile(part: Fields, path: string): DocumentPart {
  const fileName = optionalText(part['filename'], `${path}.filename`);
  return {
    type: 'document',
    source: documentSource(part, path, fileName),
    ...given('fileName', fileName),
    ...decodeCache(part, path),
    path,
  };
}

function documentSource(part: Fields, path: string, fileName: string | undefined): MediaSource {
  const data = optionalText(part['file_data'], `${path}.file_data`);
  if (data !== undefined) {
    if (/^data:/i.test(data)) return readMediaUrl(data, `${path}.file_data`);
    return { kind: 'base64', mediaType: mediaTypeOf(fileName), data };
  }
  const url = optionalText(part['file_url'], `${path}.file_url`);
  if (url === undefined) return fileSource(part, path, 'file_data');
  return readMediaUrl(url, `${path}.file_url`);
}

function mediaTypeOf(fileName: string | undefined): string {
  return fileName !== undefined && /\.(?:txt|md|csv|log)$/i.test(fileName) ? 'text/plain' : 'application/pdf';
}

function fileSource(part: Fields, path: string, otherwise: string): MediaSource {
  if (isAbsent(part['file_id'])) throw invalid(`${path}.${otherwise}`, 'is required');
  return { kind: 'file', id: requireText(part['file_id'], `${path}.file_id`) };
}

function decodeAudio(part: Fields, path: string): AudioPart {
  const audio = requireObject(part['input_audio'], `${path}.input_audio`);
  const format = requireText(audio['format'], `${path}.input_audio.format`);
  if (format !== 'mp3' && format !== 'wav') throw invalid(`${path}.input_audio.format`, 'must be mp3 or wav');
  const data = requireText(audio['data'], `${path}.input_audio.data`);
  const mediaType = format === 'mp3' ? 'audio/mpeg' : 'audio/wav';
  return { type: 'audio', source: { kind: 'base64', mediaType, data }, path };
}

function decodeCache(part: Fields, path: string): { cache?: CacheMarker } {
  const name = 'prompt_cache_breakpoint';
  return optionalObject(part[name], `${path}.${name}`) === undefined ? {} : { cache: {} };
}

function unknownPart(path: string): Error {
  return invalid(`${path}.type`, 'must be a kind of content that this place of the responses API has');
}
