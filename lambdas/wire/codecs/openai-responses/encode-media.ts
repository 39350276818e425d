import type { ResponseInputFile, ResponseInputImage, ResponseInputText } from 'openai/resources/responses/responses';
import type { EncodingTarget, ModelCapabilities } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import { writeMediaUrl } from '../../canonical/read.ts';
import type { DocumentPart, ImagePart, MediaSource, TextPart, UserPart } from '../../canonical/request.ts';

export type InputPart = ResponseInputText | ResponseInputImage | ResponseInputFile;

type Encodable = Exclude<UserPart, { type: 'tool-result' }>;

export interface Circumstances {
  readonly target: EncodingTarget;
  readonly losses: Losses;
}

/** https://platform.openai.com/docs/guides/images-vision and .../pdf-files */
export function encodePart(part: Encodable, circumstances: Circumstances): InputPart {
  const { losses } = circumstances;
  switch (part.type) {
    case 'text':
      return encodeText(part);
    case 'image':
      requireInput('image', part.path, circumstances);
      return encodeImage(part, losses);
    case 'document':
      return encodeDocument(part, circumstances);
    case 'audio':
    case 'video':
      return losses.refuse(part.path ?? 'input', `the responses API takes no ${part.type}`);
  }
}

export function encodeText({ text }: TextPart): ResponseInputText {
  return { type: 'input_text', text };
}

function requireInput(
  kind: NonNullable<ModelCapabilities['input']>[number],
  path: string | undefined,
  { target, losses }: Circumstances,
): void {
  const takes = target.capabilities?.input;
  if (takes !== undefined && !takes.includes(kind)) {
    losses.refuse(path ?? 'input', `the model takes no ${kind === 'pdf' ? 'documents' : `${kind}s`}`);
  }
}

function encodeImage({ source, detail = 'auto', path = 'input' }: ImagePart, losses: Losses): ResponseInputImage {
  if (source.kind === 'file') return { type: 'input_image', detail, file_id: fileIdOf(source.id, path, losses) };
  return { type: 'input_image', detail, image_url: urlOf(source, path, losses) };
}

function encodeDocument(part: DocumentPart, circumstances: Circumstances): InputPart {
  const { losses } = circumstances;
  const { source, path = 'input' } = part;
  if (part.citations === true) losses.drop(`${path}.citations`, 'it cites no documents');
  if (source.kind === 'text') {
    const text = [part.title ?? part.fileName, part.context, source.text].filter((told) => told !== undefined);
    return { type: 'input_text', text: text.join('\n\n') };
  }
  requireInput('pdf', path, circumstances);
  const file = encodeFile(part, source, losses);
  if (part.context === undefined) return file;
  return losses.refuse(`${path}.context`, 'a file has no context there; say it in a text beside the file');
}

function encodeFile(part: DocumentPart, source: MediaSource, losses: Losses): ResponseInputFile {
  const { path = 'input' } = part;
  if (source.kind === 'file') return { type: 'input_file', file_id: fileIdOf(source.id, path, losses) };
  if (source.kind === 'url') return { type: 'input_file', file_url: urlOf(source, path, losses) };
  // OpenAI wants a name with every file that comes as content.
  const filename = part.fileName ?? part.title ?? 'document.pdf';
  return { type: 'input_file', filename, file_data: writeMediaUrl(source) };
}

function urlOf(source: Exclude<MediaSource, { kind: 'file' }>, path: string, losses: Losses): string {
  if (source.kind === 'url' && !/^https?:/i.test(source.url)) losses.refuse(path, 'it fetches http(s) URLs only');
  return writeMediaUrl(source);
}

/** Ids of other vendors' file stores look different. */
function fileIdOf(id: string, path: string, losses: Losses): string {
  return id.startsWith('file-') ? id : losses.refuse(path, "a file in another provider's store cannot be read there");
}
