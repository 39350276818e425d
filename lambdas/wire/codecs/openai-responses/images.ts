import type { ImagePart } from '../../canonical/request.ts';

/** What the result of an image generation is, where the item does not say. */
function imageMediaType(base64: string, format: unknown): string {
  if (typeof format === 'string' && /^[a-z]{3,5}$/.test(format)) return `image/${format}`;
  const [, mediaType] = magic.find(([start]) => base64.startsWith(start)) ?? [];
  return mediaType ?? 'image/png';
}

/** The first bytes of a file, in base64. */
const magic = [
  ['iVBORw', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['UklGR', 'image/webp'],
  ['R0lGOD', 'image/gif'],
] as const;

export function madeImage(base64: string, format: unknown): ImagePart {
  return { type: 'image', source: { kind: 'base64', mediaType: imageMediaType(base64, format), data: base64 } };
}
