import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import { writeMediaUrl } from '../../canonical/read.ts';
import type {
  AudioPart,
  CacheMarker,
  DocumentPart,
  ImagePart,
  TextPart,
  ToolResultPart,
  UserPart,
} from '../../canonical/request.ts';

type Medium = 'image' | 'pdf' | 'audio' | 'video';

export class ContentEncoder {
  readonly #target: EncodingTarget;
  readonly #losses: Losses;

  constructor(target: EncodingTarget, losses: Losses) {
    this.#target = target;
    this.#losses = losses;
  }

  /** One text alone is a string, which every vendor takes. */
  encode(parts: readonly Exclude<UserPart, ToolResultPart>[], path: string): string | readonly object[] {
    const [only] = parts;
    if (parts.length === 0) return '';
    if (parts.length === 1 && only?.type === 'text' && !this.#marks(only.cache)) return only.text;
    return parts.flatMap((part) => this.#encodePart(part, part.path ?? path));
  }

  #encodePart(part: Exclude<UserPart, ToolResultPart>, path: string): readonly object[] {
    switch (part.type) {
      case 'text':
        return [{ type: 'text', text: part.text, ...this.#cache(part) }];
      case 'image':
        return [this.#encodeImage(part, path)];
      case 'document':
        return this.#encodeDocument(part, path);
      case 'audio':
        return [this.#encodeAudio(part, path)];
      case 'video':
        return this.#losses.refuse(path, 'it takes no video');
    }
  }

  #encodeImage(part: ImagePart, path: string): object {
    this.#requireInput('image', path);
    const { source, detail } = part;
    if (source.kind === 'file')
      return this.#losses.refuse(path, 'an image in a file store can be read by its owner only');
    const url = writeMediaUrl(source);
    return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) }, ...this.#cache(part) };
  }

  #encodeDocument(part: DocumentPart, path: string): readonly object[] {
    const { source, title, context } = part;
    if (part.citations === true) this.#losses.drop(`${path}.citations`, 'it cites no documents');
    const before = context === undefined ? [] : [{ type: 'text', text: context }];
    if (source.kind === 'text') {
      const text = title === undefined ? source.text : `${title}\n\n${source.text}`;
      return [...before, { type: 'text', text, ...this.#cache(part) }];
    }
    if (source.kind !== 'base64') {
      return this.#losses.refuse(path, 'it takes documents in the request itself, as a data URL');
    }
    if (source.mediaType === 'application/pdf') this.#requireInput('pdf', path);
    const file = { filename: part.fileName ?? title ?? 'document.pdf', file_data: writeMediaUrl(source) };
    return [...before, { type: 'file', file, ...this.#cache(part) }];
  }

  #encodeAudio({ source }: AudioPart, path: string): object {
    this.#requireInput('audio', path);
    if (source.kind !== 'base64') return this.#losses.refuse(path, 'it takes audio in the request itself, as base64');
    const format = audioFormats[source.mediaType];
    if (format === undefined) return this.#losses.refuse(path, 'it takes audio as WAV or MP3');
    return { type: 'input_audio', input_audio: { data: source.data, format } };
  }

  #requireInput(medium: Medium, path: string): void {
    const input = this.#target.capabilities?.input;
    if (input !== undefined && !input.includes(medium))
      this.#losses.refuse(path, `the model takes no ${names[medium]}`);
  }

  #cache({ cache }: { readonly cache?: CacheMarker }): object {
    if (cache === undefined || !this.#marks(cache)) return {};
    return { cache_control: { type: 'ephemeral', ...(cache.ttl !== undefined && { ttl: cache.ttl }) } };
  }

  /** Elsewhere prompts are cached unasked, and an unknown member would be refused. */
  #marks(cache: TextPart['cache']): boolean {
    return cache !== undefined && this.#target.acceptsCacheControl === true;
  }
}

const names: Readonly<Record<Medium, string>> = {
  image: 'images',
  pdf: 'PDF documents',
  audio: 'audio',
  video: 'video',
};

const audioFormats: Readonly<Partial<Record<string, string>>> = {
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/wav': 'wav',
  'audio/wave': 'wav',
  'audio/x-wav': 'wav',
};
