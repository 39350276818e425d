import type { ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { AudioPart, DocumentPart, ImagePart, VideoPart } from '../../canonical/request.ts';
import type { GeminiPart } from './answer-parts.ts';
import { mediaTypeOfUrl } from './media-type.ts';

export interface MediaTarget {
  readonly losses: Losses;
  readonly capabilities: ModelCapabilities;
}

/** Ids of Google's own file store are URLs; those of others mean nothing to it. */
const storedFile = /^https:\/\/generativelanguage\.googleapis\.com\//;

/**
 * Google fetches public URLs itself. The hint on an image's resolution is left out: not every model takes it for one image.
 * https://ai.google.dev/gemini-api/docs/file-input-methods
 */
export function encodeMedia(
  part: ImagePart | DocumentPart | AudioPart | VideoPart,
  { losses, capabilities }: MediaTarget,
): readonly GeminiPart[] {
  const path = part.path ?? 'messages';
  const kind = part.type === 'document' ? 'pdf' : part.type;
  const { source } = part;
  if (source.kind === 'text')
    return part.type === 'document' ? [...introduction(part, path, losses), { text: source.text }] : [];
  const mediaType = source.kind === 'file' ? undefined : (source.mediaType ?? mediaTypeOfUrl(urlOf(source)));
  const isText = part.type === 'document' && mediaType?.startsWith('text/') === true;
  if (!isText && capabilities.input?.includes(kind) === false) losses.refuse(path, `the model takes no ${names[kind]}`);
  const before = part.type === 'document' ? introduction(part, path, losses) : [];
  switch (source.kind) {
    case 'base64':
      return [...before, { inlineData: { mimeType: source.mediaType, data: source.data } }];
    case 'url':
      return [
        ...before,
        { fileData: { fileUri: source.url, ...(mediaType !== undefined && { mimeType: mediaType }) } },
      ];
    case 'file':
      if (!storedFile.test(source.id)) losses.refuse(path, 'the file is in another provider’s store');
      return [...before, { fileData: { fileUri: source.id } }];
  }
}

const names = { image: 'images', pdf: 'documents', audio: 'audio', video: 'video' } as const;

function urlOf(source: Extract<ImagePart['source'], { kind: 'base64' | 'url' }>): string {
  return source.kind === 'url' ? source.url : '';
}

/** What the client says of a document, which is the model's to read and has no member of its own. */
function introduction(
  { title, context, citations }: DocumentPart,
  path: string,
  losses: Losses,
): readonly GeminiPart[] {
  if (citations === true) losses.drop(`${path}.citations`, 'it cites no documents');
  const text = [title, context].filter((line) => line !== undefined && line !== '').join('\n');
  return text === '' ? [] : [{ text }];
}
