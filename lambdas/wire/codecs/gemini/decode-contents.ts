import { decodeToolCallId } from '../../canonical/opaque.ts';
import {
  type Fields,
  isAbsent,
  optionalBoolean,
  optionalList,
  optionalObject,
  optionalText,
  requireList,
  requireObject,
  requireText,
  requireToolName,
} from '../../canonical/read.ts';
import type {
  AssistantPart,
  Message,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Untranslated,
  UserPart,
} from '../../canonical/request.ts';
import { invalid } from '../../json-fields.ts';
import { decodeFunctionResponse } from './decode-function-response.ts';
import { decodeMedia, readDetail } from './decode-media.ts';
import { FunctionCalls } from './function-calls.ts';
import { joinParts } from './join-parts.ts';
import { cannotTranslate, membersOf, unknownMembers } from './members.ts';
import { readThoughtSignature } from './thought-signature.ts';

export interface ContentsSource {
  readonly contents: unknown;
  /** Of `generationConfig`: how finely every image is to be looked at. */
  readonly mediaResolution: unknown;
}

/** The conversation. https://ai.google.dev/api/caching#Content */
export function decodeContents(source: ContentsSource, untranslated: Untranslated[]): readonly Message[] {
  const messages: Message[] = [];
  const calls = new FunctionCalls();
  /** The content of the last message, if it is the model's. */
  let model: AssistantPart[] | undefined;
  const detail = readDetail(source.mediaResolution);
  for (const [index, entry] of requireList(source.contents, 'contents').entries()) {
    const path = `contents[${index}]`;
    const fields = requireObject(entry, path);
    const parts = optionalList(fields['parts'], `${path}.parts`).map((part, number) => {
      const partPath = `${path}.parts[${number}]`;
      const decoded = requireObject(part, partPath);
      for (const unread of unknownMembers(decoded, partPath, knownMembers)) untranslated.push(unread);
      return { part: decoded, path: partPath };
    });
    if (readRole(fields['role'], `${path}.role`) === 'assistant') {
      const content = parts.flatMap(({ part, path: partPath }) => decodeModelPart(part, partPath, calls) ?? []);
      // Clients keep every chunk of a streamed answer as a content of its own; together they are the message they came from.
      if (model !== undefined) joinParts(model, content);
      else if (content.length > 0) {
        model = [];
        joinParts(model, content);
        messages.push({ role: 'assistant', content: model, path });
      }
    } else {
      model = undefined;
      const content = parts.flatMap(({ part, path: partPath }): readonly UserPart[] => {
        const decoded = decodeUserPart(part, partPath, calls) ?? decodeMedia(part, partPath, detail);
        if (decoded === undefined) throw invalid(partPath, 'must hold text, inlineData, fileData or functionResponse');
        return decoded.type === 'text' && decoded.text === '' ? [] : [decoded];
      });
      if (content.length > 0) messages.push({ role: 'user', content, path });
    }
  }
  return messages;
}

const knownMembers: ReadonlySet<string> = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'mediaResolution',
  // A client's own notes.
  'partMetadata',
  // Refused below, as content.
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]);

/** A content without a role is the user's, where there is just one. `function` is how results were marked first. */
function readRole(value: unknown, path: string): 'user' | 'assistant' {
  switch (isAbsent(value) || value === '' ? 'user' : value) {
    case 'user':
    case 'function':
      return 'user';
    case 'model':
      return 'assistant';
    default:
      throw invalid(path, 'must be "user", "model" or "function"');
  }
}

function decodeModelPart(part: Fields, path: string, calls: FunctionCalls): AssistantPart | undefined {
  refuseRunByGoogle(part, path);
  const read = membersOf(part, path);
  const signature = read('thoughtSignature');
  const written = optionalText(signature.value, signature.path) ?? '';
  const state = readThoughtSignature(written);
  const call = read('functionCall');
  if (!isAbsent(call.value)) {
    const decoded = decodeFunctionCall(requireObject(call.value, call.path), call.path, calls);
    return state === undefined ? { ...decoded, path } : { ...decoded, state, path };
  }
  const text = optionalText(part['text'], `${path}.text`);
  if (optionalBoolean(part['thought'], `${path}.thought`) === true) {
    if (text !== undefined) return { type: 'reasoning', text, ...(state && { state }), path };
    return state && { type: 'redacted-reasoning', state, path };
  }
  if (text !== undefined || state !== undefined) {
    return text === '' && state === undefined
      ? undefined
      : { type: 'text', text: text ?? '', ...(state && { state }), path };
  }
  const media = decodeMedia(part, path, undefined);
  if (media?.type === 'image') return media;
  if (media !== undefined) throw cannotTranslate(path, 'of media, only images are an answer in other protocols');
  throw invalid(path, 'must hold text, a thought, a functionCall or inlineData');
}

/** What Google ran by itself: only Google can go on from it. */
function refuseRunByGoogle(part: Fields, path: string): void {
  const read = membersOf(part, path);
  for (const name of ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse']) {
    const member = read(name);
    if (!isAbsent(member.value)) throw cannotTranslate(member.path, 'only Google runs code and tools of its own');
  }
}

/** Calls often have no id: then the place in the conversation makes one, the same in every turn. */
function decodeFunctionCall(fields: Fields, path: string, calls: FunctionCalls): ToolCallPart {
  const name = requireToolName(fields['name'], `${path}.name`);
  const args = optionalObject(fields['args'], `${path}.args`) ?? {};
  const given = decodeToolCallId(optionalText(fields['id'], `${path}.id`) ?? '');
  const id = calls.add(given.id, name);
  return {
    type: 'tool-call',
    id,
    name,
    arguments: JSON.stringify(args),
    ...(given.state !== undefined && { state: given.state }),
  };
}

function decodeUserPart(part: Fields, path: string, calls: FunctionCalls): TextPart | ToolResultPart | undefined {
  refuseRunByGoogle(part, path);
  const read = membersOf(part, path);
  const call = read('functionCall');
  if (!isAbsent(call.value)) throw invalid(call.path, 'must stand in a content of role "model"');
  const response = read('functionResponse');
  if (!isAbsent(response.value)) return decodeFunctionResponse(response, calls);
  return isAbsent(part['text']) ? undefined : { type: 'text', text: requireText(part['text'], `${path}.text`), path };
}
