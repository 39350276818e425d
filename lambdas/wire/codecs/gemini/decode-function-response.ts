import { decodeToolCallId } from '../../canonical/opaque.ts';
import { optionalList, optionalObject, optionalText, requireObject, requireToolName } from '../../canonical/read.ts';
import type { DocumentPart, ImagePart, TextPart, ToolResultPart } from '../../canonical/request.ts';
import type { GeminiMember } from '../../gemini-fields.ts';
import { decodeMedia } from './decode-media.ts';
import type { FunctionCalls } from './function-calls.ts';
import { cannotTranslate } from './members.ts';

/**
 * The result of a call. `output` and `error` are Google's own words for what it returned; without them the whole object is the
 * output. https://ai.google.dev/api/caching#FunctionResponse
 */
export function decodeFunctionResponse({ value, path }: GeminiMember, calls: FunctionCalls): ToolResultPart {
  const fields = requireObject(value, path);
  const name = requireToolName(fields['name'], `${path}.name`);
  const { id } = decodeToolCallId(optionalText(fields['id'], `${path}.id`) ?? '');
  const call = calls.answer(id, name, id === '' ? path : `${path}.id`);
  const response = optionalObject(fields['response'], `${path}.response`) ?? {};
  const [only, ...others] = Object.keys(response);
  const isError = only === 'error' && others.length === 0;
  const isWrapped = isError || (only === 'output' && others.length === 0);
  const text = writeOutput(isWrapped ? response[only] : response);
  return {
    type: 'tool-result',
    callId: call.id,
    name: call.name,
    content: [...(text === '' ? [] : [{ type: 'text', text } satisfies TextPart]), ...decodeMediaOf(fields, path)],
    ...(isError && { isError }),
    path,
  };
}

function writeOutput(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

function decodeMediaOf(fields: Readonly<Record<string, unknown>>, path: string): readonly (ImagePart | DocumentPart)[] {
  return optionalList(fields['parts'], `${path}.parts`).map((entry, index) => {
    const partPath = `${path}.parts[${index}]`;
    const media = decodeMedia(requireObject(entry, partPath), partPath, undefined);
    if (media?.type === 'image' || media?.type === 'document') return media;
    throw cannotTranslate(partPath, 'of media, only images and documents are tool results in other protocols');
  });
}
