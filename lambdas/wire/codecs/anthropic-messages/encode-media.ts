import type { ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { DocumentPart, ImagePart, MediaSource } from '../../canonical/request.ts';
import { writeCache } from './encode-cache.ts';

export interface MediaContext {
  readonly losses: Losses;
  readonly takes: ModelCapabilities['input'];
}

/** https://platform.claude.com/docs/en/build-with-claude/vision */
const imageTypes = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** `detail` is left out: it is a hint about cost, and Anthropic scales images by itself. */
export function encodeImage(part: ImagePart, { losses, takes }: MediaContext): object {
  const path = part.path ?? 'messages';
  if (takes?.includes('image') === false) return losses.refuse(path, 'the model takes no images');
  const { source } = part;
  if (source.kind === 'base64' && !imageTypes.has(source.mediaType)) {
    return losses.refuse(path, 'it takes images as JPEG, PNG, GIF or WebP');
  }
  return { type: 'image', source: encodeSource(source, path, losses), ...writeCache(part) };
}

/** https://platform.claude.com/docs/en/build-with-claude/pdf-support */
export function encodeDocument(part: DocumentPart, context: MediaContext): object {
  const title = part.title ?? part.fileName;
  return {
    type: 'document',
    source: encodeDocumentSource(part, context),
    ...(title !== undefined && title !== '' && { title }),
    ...(part.context !== undefined && { context: part.context }),
    ...(part.citations === true && { citations: { enabled: true } }),
    ...writeCache(part),
  };
}

function encodeDocumentSource({ source, path = 'messages' }: DocumentPart, { losses, takes }: MediaContext): object {
  if (source.kind === 'text') return plainText(source.text);
  if (source.kind === 'base64' && isText(source.mediaType))
    return plainText(Buffer.from(source.data, 'base64').toString());
  const mediaType = source.kind === 'file' ? undefined : source.mediaType;
  if (mediaType !== undefined && mediaType !== 'application/pdf') {
    return losses.refuse(path, 'it takes documents as PDF or plain text');
  }
  if (takes?.includes('pdf') === false) return losses.refuse(path, 'the model takes no PDF');
  return encodeSource(source, path, losses);
}

function encodeSource(source: MediaSource, path: string, losses: Losses): object {
  switch (source.kind) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data };
    case 'url':
      if (!/^https?:/i.test(source.url)) return losses.refuse(path, 'it fetches http(s) URLs only');
      return { type: 'url', url: source.url };
    case 'file':
      return losses.refuse(path, 'the id of a file means nothing to another provider; send its content or a URL');
  }
}

function plainText(data: string): object {
  return { type: 'text', media_type: 'text/plain', data };
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json';
}
