import {
  type Fields,
  given,
  isAbsent,
  optionalText,
  readMediaUrl,
  requireObject,
  requireText,
} from '../../canonical/read.ts';
import type { AudioPart, DocumentPart, ImagePart, MediaSource, VideoPart } from '../../canonical/request.ts';
import { invalid, isObject } from '../../json-fields.ts';
import { mediaTypeOfUrl } from './media-type.ts';
import { membersOf } from './members.ts';

export type MediaPart = ImagePart | DocumentPart | AudioPart | VideoPart;
type ImageDetail = NonNullable<ImagePart['detail']>;

/** Files in Google's own store, which no other provider can read. */
const storedFile = /^https:\/\/generativelanguage\.googleapis\.com\//;

/** `undefined` where the part holds no media. */
export function decodeMedia(part: Fields, path: string, detail: ImageDetail | undefined): MediaPart | undefined {
  const read = membersOf(part, path);
  const inline = read('inlineData');
  const file = read('fileData');
  if (isAbsent(inline.value) && isAbsent(file.value)) return undefined;
  const media = isAbsent(inline.value)
    ? readFile(requireObject(file.value, file.path), file.path)
    : readInline(requireObject(inline.value, inline.path), inline.path);
  return toPart(media, path, readDetail(read('mediaResolution').value) ?? detail);
}

interface Media {
  readonly mediaType: string;
  readonly source: MediaSource;
  readonly fileName: string | undefined;
}

function readInline(fields: Fields, path: string): Media {
  const read = membersOf(fields, path);
  const type = read('mimeType');
  const mediaType = requireText(type.value, type.path).toLowerCase();
  const text = requireText(fields['data'], `${path}.data`);
  // Protobuf takes the URL's alphabet too; elsewhere base64 is the standard one.
  const data = text.replaceAll('-', '+').replaceAll('_', '/');
  return { mediaType, source: { kind: 'base64', mediaType, data }, fileName: readName(fields, path) };
}

function readFile(fields: Fields, path: string): Media {
  const read = membersOf(fields, path);
  const uri = read('fileUri');
  const type = read('mimeType');
  const url = requireText(uri.value, uri.path);
  const mediaType = optionalText(type.value, type.path)?.toLowerCase() ?? mediaTypeOfUrl(url);
  if (mediaType === undefined) throw invalid(type.path, 'is required');
  const fileName = readName(fields, path);
  if (storedFile.test(url)) return { mediaType, source: { kind: 'file', id: url }, fileName };
  const source = readMediaUrl(url, uri.path);
  return { mediaType, source: source.kind === 'url' ? { ...source, mediaType } : source, fileName };
}

function readName(fields: Fields, path: string): string | undefined {
  const { value, path: namePath } = membersOf(fields, path)('displayName');
  return optionalText(value, namePath);
}

function toPart({ mediaType, source, fileName }: Media, path: string, detail: ImageDetail | undefined): MediaPart {
  if (mediaType.startsWith('image/')) return { type: 'image', source, ...given('detail', detail), path };
  if (mediaType.startsWith('audio/')) return { type: 'audio', source, path };
  if (mediaType.startsWith('video/')) return { type: 'video', source, path };
  return { type: 'document', source, ...given('fileName', fileName), path };
}

/** Of a part or of the whole request. https://ai.google.dev/gemini-api/docs/media-resolution */
export function readDetail(value: unknown): ImageDetail | undefined {
  const level = isObject(value) ? value['level'] : value;
  switch (level) {
    case 'MEDIA_RESOLUTION_LOW':
      return 'low';
    case 'MEDIA_RESOLUTION_MEDIUM':
      return 'auto';
    case 'MEDIA_RESOLUTION_HIGH':
    case 'MEDIA_RESOLUTION_ULTRA_HIGH':
      return 'high';
    default:
      return undefined;
  }
}
