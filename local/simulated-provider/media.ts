import { createHash } from 'node:crypto';
import type { Media } from './prompt.ts';
import { Refusal } from './refusal.ts';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What every vendor reads; they refuse any other. */
const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

interface Attachment {
  readonly kind: Media['kind'];
  readonly mediaType: string;
  readonly data: string;
  /** Where it is in the request. */
  readonly param: string;
  readonly name?: string | undefined;
}

/** @throws Refusal for anything but standard base64, or an image that is none of the types that vendors read. */
export function readAttachment({ kind, mediaType, data, param, name }: Attachment): Media {
  if (kind === 'image' && !imageTypes.includes(mediaType)) {
    throw new Refusal('invalid-request', `${param}: the media type must be one of ${imageTypes.join(', ')}.`, {
      param,
    });
  }
  if (data === '' || !base64.test(data)) {
    throw new Refusal('invalid-request', `${param}: the data is not valid base64.`, { param });
  }
  const bytes = Buffer.from(data, 'base64');
  const text = mediaType.startsWith('text/') ? bytes.toString() : undefined;
  return { kind, description: describeBytes(bytes, mediaType, name), ...titled(name), ...(text && { citable: text }) };
}

export function readTextDocument(text: string, name?: string): Media {
  return {
    kind: 'document',
    description: describeBytes(Buffer.from(text), 'text/plain', name),
    citable: text,
    ...titled(name),
  };
}

/** The simulated provider fetches nothing, so the URL is all it knows. */
export function readLink(kind: Media['kind'], url: string, param: string): Media {
  if (!/^(?:https?|gs|s3):\/\/./.test(url)) {
    throw new Refusal('invalid-request', `${param}: a URL must be http, https or the vendor's own storage.`, { param });
  }
  return { kind, description: url };
}

/** A `data:` URL or one that points elsewhere. */
export function readUrl(
  kind: Media['kind'],
  url: string,
  { param, name }: { readonly param: string; readonly name?: string | undefined },
): Media {
  if (!url.startsWith('data:')) return readLink(kind, url, param);
  const [, mediaType, data] = /^data:([^;,]+)(?:;[^;,]+)*;base64,(.*)$/s.exec(url) ?? [];
  if (mediaType === undefined || data === undefined) {
    throw new Refusal('invalid-request', `${param}: not a data URL with a media type and base64.`, { param });
  }
  return readAttachment({ kind, mediaType, data, param, name });
}

function describeBytes(bytes: Buffer, mediaType: string, name: string | undefined): string {
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return `${mediaType}, ${bytes.length} bytes, sha256 ${digest}${name === undefined ? '' : `, name ${name}`}`;
}

function titled(name: string | undefined): { title?: string } {
  return name === undefined ? {} : { title: name };
}
