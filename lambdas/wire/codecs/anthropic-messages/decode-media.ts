import {
  type Fields,
  given,
  optionalObject,
  optionalText,
  requireList,
  requireObject,
  requireText,
} from '../../canonical/read.ts';
import type { DocumentPart, ImagePart, MediaSource } from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';
import { readCache } from './decode-cache.ts';
import { unsupported } from './unsupported.ts';

export function decodeImage(block: Fields, path: string): ImagePart {
  const transformations = optionalObject(block['transformations'], `${path}.transformations`);
  if ((transformations?.['oversized_image'] ?? 'downsize') !== 'downsize') {
    throw unsupported(`${path}.transformations.oversized_image`, 'only Anthropic refuses images by their size');
  }
  const source = requireObject(block['source'], `${path}.source`);
  return { type: 'image', source: decodeSource(source, `${path}.source`), ...readCache(block, path), path };
}

export function decodeDocument(block: Fields, path: string): DocumentPart {
  const source = requireObject(block['source'], `${path}.source`);
  const citations = optionalObject(block['citations'], `${path}.citations`)?.['enabled'];
  return {
    type: 'document',
    source: decodeDocumentSource(source, `${path}.source`),
    ...given('title', optionalText(block['title'], `${path}.title`)),
    ...given('context', optionalText(block['context'], `${path}.context`)),
    ...(citations === true && { citations }),
    ...readCache(block, path),
    path,
  };
}

/** A result of the caller's own search: a document whose context is where it was found. */
export function decodeSearchResult(block: Fields, path: string): DocumentPart {
  const citations = optionalObject(block['citations'], `${path}.citations`)?.['enabled'];
  const text = joinTexts(requireList(block['content'], `${path}.content`), `${path}.content`);
  return {
    type: 'document',
    source: { kind: 'text', text },
    title: requireText(block['title'], `${path}.title`),
    context: requireText(block['source'], `${path}.source`),
    ...(citations === true && { citations }),
    ...readCache(block, path),
    path,
  };
}

function decodeDocumentSource(source: Fields, path: string): DocumentPart['source'] {
  switch (source['type']) {
    case 'text':
      return { kind: 'text', text: requireText(source['data'], `${path}.data`) };
    case 'content': {
      const { content } = source;
      if (typeof content === 'string') return { kind: 'text', text: content };
      return { kind: 'text', text: joinTexts(requireList(content, `${path}.content`), `${path}.content`) };
    }
    case 'url':
      return { kind: 'url', url: requireText(source['url'], `${path}.url`), mediaType: 'application/pdf' };
    default:
      return decodeSource(source, path);
  }
}

function decodeSource(source: Fields, path: string): MediaSource {
  switch (source['type']) {
    case 'base64':
      return {
        kind: 'base64',
        mediaType: requireText(source['media_type'], `${path}.media_type`).toLowerCase(),
        data: requireText(source['data'], `${path}.data`),
      };
    case 'url':
      return { kind: 'url', url: requireText(source['url'], `${path}.url`) };
    case 'file':
      return { kind: 'file', id: requireText(source['file_id'], `${path}.file_id`) };
    default:
      throw invalid(`${path}.type`, 'must be "base64", "url" or "file", or for a document "text" or "content"');
  }
}

function joinTexts(blocks: readonly unknown[], path: string): string {
  const texts = blocks.map((entry, index) => {
    const block = requireObject(entry, `${path}[${index}]`);
    if (block['type'] !== 'text') {
      throw unsupported(`${path}[${index}]`, 'only text inside a document can be sent to another provider');
    }
    return requireText(block['text'], `${path}[${index}].text`);
  });
  return texts.join('\n');
}
