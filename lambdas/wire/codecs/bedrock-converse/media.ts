import type { Losses } from '../../canonical/losses.ts';
import type { AudioPart, DocumentPart, ImagePart, MediaSource, VideoPart } from '../../canonical/request.ts';

/** Formats as Converse names them, by media type. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
const imageFormats = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

const documentFormats = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
]);

const audioFormats = new Map([
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/flac', 'flac'],
  ['audio/ogg', 'ogg'],
  ['audio/opus', 'opus'],
  ['audio/aac', 'aac'],
  ['audio/mp4', 'mp4'],
  ['audio/m4a', 'm4a'],
  ['audio/x-m4a', 'm4a'],
  ['audio/webm', 'webm'],
  ['audio/pcm', 'pcm'],
]);

const videoFormats = new Map([
  ['video/mp4', 'mp4'],
  ['video/quicktime', 'mov'],
  ['video/x-matroska', 'mkv'],
  ['video/webm', 'webm'],
  ['video/x-flv', 'flv'],
  ['video/mpeg', 'mpeg'],
  ['video/x-ms-wmv', 'wmv'],
  ['video/3gpp', 'three_gp'],
]);

interface Media {
  readonly format: string;
  readonly source: object;
}

export function encodeImage({ source, path = 'messages' }: ImagePart, losses: Losses): object {
  return { image: encodeMedia(source, { what: 'image', formats: imageFormats, path }, losses) };
}

export function encodeAudio({ source, path = 'messages' }: AudioPart, losses: Losses): object {
  return { audio: encodeMedia(source, { what: 'audio', formats: audioFormats, path }, losses) };
}

export function encodeVideo({ source, path = 'messages' }: VideoPart, losses: Losses): object {
  return { video: encodeMedia(source, { what: 'video', formats: videoFormats, path }, losses) };
}

/** @param name As `DocumentNames` gives it. */
export function encodeDocument(part: DocumentPart, name: string, losses: Losses): object {
  const { source, path = 'messages', context, citations } = part;
  const media =
    source.kind === 'text'
      ? // Citations count the characters of a text; every other model takes a text as the bytes of a file alone.
        { format: 'txt', source: citations === true ? { text: source.text } : { bytes: base64Of(source.text) } }
      : encodeMedia(source, { what: 'document', formats: documentFormats, path }, losses);
  return {
    document: {
      ...media,
      name,
      ...(context !== undefined && { context }),
      ...(citations === true && { citations: { enabled: true } }),
    },
  };
}

interface Kind {
  readonly what: 'image' | 'document' | 'audio' | 'video';
  readonly formats: ReadonlyMap<string, string>;
  readonly path: string;
}

function encodeMedia(source: MediaSource, kind: Kind, losses: Losses): Media {
  const { what, formats, path } = kind;
  if (source.kind === 'file') {
    return losses.refuse(path, `the file lies in another provider's store; send the ${what} as base64 data`);
  }
  const format = source.kind === 'url' ? formatOfUrl(source, formats) : formats.get(source.mediaType);
  if (source.kind === 'url' && !source.url.startsWith('s3://')) {
    return losses.refuse(path, `it fetches from Amazon S3 alone; send the ${what} as base64 data`);
  }
  if (format === undefined) {
    return losses.refuse(path, `its format must be one of ${[...new Set(formats.values())].join(', ')}`);
  }
  return {
    format,
    source: source.kind === 'url' ? { s3Location: { uri: source.url } } : { bytes: source.data },
  };
}

/** Of an object in S3: by its media type if the client said it, else by the ending of its name. */
function formatOfUrl(
  { url, mediaType }: Extract<MediaSource, { kind: 'url' }>,
  formats: ReadonlyMap<string, string>,
): string | undefined {
  if (mediaType !== undefined) return formats.get(mediaType);
  const ending = url.slice(url.lastIndexOf('.') + 1).toLowerCase();
  const format = ending === 'jpg' ? 'jpeg' : ending;
  return [...formats.values()].includes(format) ? format : undefined;
}

function base64Of(text: string): string {
  return Buffer.from(text).toString('base64');
}
