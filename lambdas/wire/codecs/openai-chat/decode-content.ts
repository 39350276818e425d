import {
  type Fields,
  given,
  isAbsent,
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
  TextPart,
  VideoPart,
} from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';

export type ContentPart = TextPart | ImagePart | DocumentPart | AudioPart | VideoPart;

/** The parts of a message's `content`; a string is one part of text. */
export function decodeContent(message: Fields, path: string): readonly ContentPart[] {
  const { content } = message;
  const at = `${path}.content`;
  if (typeof content === 'string') return [{ type: 'text', text: content, ...decodeCache(message, path), path: at }];
  const parts = requireList(content, at).map((part, index) => decodePart(part, `${at}[${index}]`));
  const last = parts.at(-1);
  const { cache } = decodeCache(message, path);
  if (last === undefined || cache === undefined || last.type === 'audio' || last.type === 'video') return parts;
  return [...parts.slice(0, -1), { ...last, cache }];
}

/** For roles that speak in text alone. */
export function decodeText(message: Fields, path: string): readonly TextPart[] {
  return decodeContent(message, path).map((part) => {
    if (part.type !== 'text') throw invalid(`${part.path ?? path}.type`, 'must be "text" in a message of this role');
    return part;
  });
}

function decodePart(value: unknown, path: string): ContentPart {
  const part = requireObject(value, path);
  const cache = decodeCache(part, path);
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: requireText(part['text'], `${path}.text`), ...cache, path };
    case 'image_url':
      return { ...decodeImage(part, path), ...cache };
    case 'file':
      return { ...decodeFile(requireObject(part['file'], `${path}.file`), path), ...cache };
    case 'input_audio':
      return decodeAudio(requireObject(part['input_audio'], `${path}.input_audio`), path);
    case 'video_url': {
      const video = requireObject(part['video_url'], `${path}.video_url`);
      return { type: 'video', source: readUrl(video, `${path}.video_url`), path };
    }
    default:
      throw invalid(`${path}.type`, 'must be one of text, image_url, input_audio, file, video_url');
  }
}

/** OpenRouter's and LiteLLM's `cache_control`, Anthropic's own words, or OpenAI's break point. */
export function decodeCache(fields: Fields, path: string): { cache?: CacheMarker } {
  if (!isAbsent(fields['prompt_cache_breakpoint'])) return { cache: {} };
  const control = optionalObject(fields['cache_control'], `${path}.cache_control`);
  if (control === undefined) return {};
  const ttl = optionalText(control['ttl'], `${path}.cache_control.ttl`);
  if (ttl !== undefined && ttl !== '5m' && ttl !== '1h') {
    throw invalid(`${path}.cache_control.ttl`, 'must be "5m" or "1h"');
  }
  return { cache: given('ttl', ttl) };
}

const details = ['low', 'high', 'auto', 'original'] as const;

/** Some clients send the URL alone. */
function decodeImage(part: Fields, path: string): ImagePart {
  const at = `${path}.image_url`;
  if (typeof part['image_url'] === 'string') {
    return { type: 'image', source: readMediaUrl(part['image_url'], at), path };
  }
  const image = requireObject(part['image_url'], at);
  const written = optionalText(image['detail'], `${at}.detail`);
  const detail = details.find((each) => each === written);
  if (written !== undefined && detail === undefined)
    throw invalid(`${at}.detail`, `must be one of ${details.join(', ')}`);
  return { type: 'image', source: readUrl(image, at), ...given('detail', detail), path };
}

function readUrl(fields: Fields, path: string): MediaSource {
  return readMediaUrl(requireText(fields['url'], `${path}.url`), `${path}.url`);
}

/** The documentation shows a data URL, and base64 alone is seen too; its kind then follows from the file's name. */
function decodeFile(file: Fields, path: string): DocumentPart | ImagePart {
  const fileName = optionalText(file['filename'], `${path}.file.filename`);
  const id = optionalText(file['file_id'], `${path}.file.file_id`);
  if (id !== undefined) {
    return { type: 'document', source: { kind: 'file', id }, ...given('fileName', fileName), path };
  }
  const data = requireText(file['file_data'], `${path}.file.file_data`);
  const source: MediaSource = /^(?:data|https?|gs|s3):/i.test(data)
    ? readMediaUrl(data, `${path}.file.file_data`)
    : { kind: 'base64', mediaType: mediaTypeOf(fileName), data };
  if (source.kind === 'base64' && source.mediaType.startsWith('image/')) return { type: 'image', source, path };
  return { type: 'document', source, ...given('fileName', fileName), path };
}

const mediaTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  html: 'text/html',
  md: 'text/markdown',
  txt: 'text/plain',
};

function mediaTypeOf(fileName: string | undefined): string {
  const extension = fileName?.split('.').at(-1)?.toLowerCase() ?? '';
  return Object.hasOwn(mediaTypes, extension) ? (mediaTypes[extension] ?? '') : 'application/pdf';
}

function decodeAudio(audio: Fields, path: string): AudioPart {
  const format = requireText(audio['format'], `${path}.input_audio.format`);
  if (!/^[a-z0-9.+-]{1,32}$/i.test(format)) throw invalid(`${path}.input_audio.format`, 'must be the name of a format');
  const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
  const data = requireText(audio['data'], `${path}.input_audio.data`);
  return { type: 'audio', source: { kind: 'base64', mediaType, data }, path };
}
