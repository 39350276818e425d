import type { Fields } from '../../canonical/read.ts';
import { isObject } from '../../json-fields.ts';

export interface ContentPiece {
  readonly type: 'text' | 'refusal' | 'reasoning';
  readonly text: string;
}

/** `content` of a message or of a delta: text, or parts of it, as Mistral's reasoning models answer. */
export function readContent(content: unknown): readonly ContentPiece[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => (isObject(part) ? readPart(part) : []));
}

function readPart(part: Fields): readonly ContentPiece[] {
  switch (part['type']) {
    case 'refusal':
      return [{ type: 'refusal', text: textOf(part['refusal']) }];
    case 'thinking': {
      const { thinking } = part;
      if (typeof thinking === 'string') return [{ type: 'reasoning', text: thinking }];
      const thoughts: readonly unknown[] = Array.isArray(thinking) ? thinking : [];
      return [
        { type: 'reasoning', text: thoughts.map((each) => (isObject(each) ? textOf(each['text']) : '')).join('') },
      ];
    }
    default:
      return [{ type: 'text', text: textOf(part['text']) }];
  }
}

/** DeepSeek's, Moonshot's and xAI's `reasoning_content`; Groq's, Together's and Cerebras' `reasoning`. Some send both, alike. */
export function readReasoningText(said: Fields): string {
  return textOf(said['reasoning_content']) || textOf(said['reasoning']);
}

export function readReasoningDetails(said: Fields): readonly Fields[] {
  const { reasoning_details: details } = said;
  return Array.isArray(details) ? details.filter(isObject) : [];
}

/** Images that a model made, as OpenRouter gives them; one that is not in the answer itself is not shown. */
export function readImages(said: Fields): readonly { readonly mediaType: string; readonly data: string }[] {
  const images: readonly unknown[] = Array.isArray(said['images']) ? said['images'] : [];
  return images.flatMap((image) => {
    const url = isObject(image) && isObject(image['image_url']) ? textOf(image['image_url']['url']) : '';
    const [, mediaType, data] = /^data:([\w.+/-]+);base64,(.*)$/s.exec(url) ?? [];
    return mediaType === undefined || data === undefined ? [] : [{ mediaType, data }];
  });
}

/** Text, but an object at some vendors. */
export function readArguments(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : textOf(value);
}

/** Mistral writes `null` as a word where it has no id. */
export function readCallId(value: unknown): string {
  return value === 'null' ? '' : textOf(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
