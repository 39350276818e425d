import { readMediaUrl, writeMediaUrl } from '../../canonical/read.ts';
import type { ImagePart } from '../../canonical/request.ts';

const markdownImage = /^!\[image\]\((data:image\/[\w.+-]+;base64,[\w+/=-]+)\)$/;

/**
 * An image that a model made, as Markdown in a text of its own: the protocol has no block for it, and SDKs refuse an answer with
 * a block that they do not know. `undefined` for the id of a file, which is nobody's outside its provider.
 */
export function writeImage({ source }: Pick<ImagePart, 'source'>): string | undefined {
  return source.kind === 'file' ? undefined : `![image](${writeMediaUrl(source)})`;
}

/** Reverses `writeImage`: sent back as a text, an image would be paid for by the letter. `undefined` for any other text. */
export function readImage(text: string, path: string): ImagePart | undefined {
  const [, url] = markdownImage.exec(text) ?? [];
  return url === undefined ? undefined : { type: 'image', source: readMediaUrl(url, path), path };
}
