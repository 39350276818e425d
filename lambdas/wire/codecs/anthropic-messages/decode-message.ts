import { decodeToolCallId, readProof, readState } from '../../canonical/opaque.ts';
import {
  type Fields,
  given,
  isAbsent,
  optionalBoolean,
  optionalList,
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
  UserPart,
} from '../../canonical/request.ts';
import type { ToolCalls } from '../../canonical/turns.ts';
import { invalid } from '../../json-fields.ts';
import { readCitation } from './citations.ts';
import { readCache } from './decode-cache.ts';
import { decodeDocument, decodeImage, decodeSearchResult } from './decode-media.ts';
import { readImage } from './image-text.ts';
import { unsupported } from './unsupported.ts';

/** Blocks that Anthropic's own tools leave in a conversation, and compactions of it that only Anthropic can read. */
const vendorBlock =
  /^(?:server_tool_use|mcp_tool_use|\w+_tool_result|tool_reference|container_upload|browser_state|compaction|fallback)$/;

/** @param calls All calls before this message; those in it are added. */
export function decodeMessage(value: unknown, path: string, calls: ToolCalls): Message {
  const message = requireObject(value, path);
  const content = message['content'];
  const at = `${path}.content`;
  switch (message['role']) {
    case 'user':
      return {
        role: 'user',
        content: decodeBlocks(content, at, (block, where) => decodeUserBlock(block, where, calls)),
        path,
      };
    case 'assistant': {
      const parts = decodeBlocks(content, at, (block, where) => decodeAssistantBlock(block, where, calls));
      return { role: 'assistant', content: withTextStates(parts), path };
    }
    case 'system':
      return { role: 'system', content: decodeTexts(content, at), path };
    default:
      throw invalid(`${path}.role`, 'must be "user", "assistant" or "system"');
  }
}

/** A string, or blocks of text alone. */
export function decodeTexts(content: unknown, path: string): readonly TextPart[] {
  return decodeBlocks(content, path, (block, at) => {
    if (block['type'] === 'text') return decodeText(block, at);
    throw invalid(`${at}.type`, 'must be "text"');
  });
}

function decodeBlocks<Part>(
  content: unknown,
  path: string,
  decodeBlock: (block: Fields, path: string) => Part,
): readonly (Part | TextPart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content, path }];
  if (!isAbsent(content) && !Array.isArray(content)) throw invalid(path, 'must be a string or an array');
  return requireList(content, path).map((block, index) => {
    const at = `${path}[${index}]`;
    return decodeBlock(requireObject(block, at), at);
  });
}

function decodeUserBlock(block: Fields, path: string, calls: ToolCalls): UserPart {
  if (block['type'] === 'tool_result') return decodeToolResult(block, path, calls);
  return decodeShownBlock(block, path, 'text, image, document, search_result or tool_result');
}

function decodeAssistantBlock(block: Fields, path: string, calls: ToolCalls): AssistantPart {
  switch (block['type']) {
    case 'text':
      return readImage(requireText(block['text'], `${path}.text`), path) ?? decodeText(block, path);
    case 'image':
      return decodeImage(block, path);
    case 'thinking': {
      const signature = isAbsent(block['signature']) ? '' : requireText(block['signature'], `${path}.signature`);
      const state = readProof(signature, 'anthropic');
      return {
        type: 'reasoning',
        text: requireText(block['thinking'], `${path}.thinking`),
        ...given('state', state),
        path,
      };
    }
    case 'redacted_thinking': {
      const state = readState(requireText(block['data'], `${path}.data`), 'anthropic');
      return { type: 'redacted-reasoning', state, path };
    }
    case 'tool_use':
      return decodeToolUse(block, path, calls);
    default:
      throw unknownBlock(block, path, 'text, thinking, redacted_thinking or tool_use');
  }
}

function decodeText(block: Fields, path: string): TextPart {
  const citations = optionalList(block['citations'], `${path}.citations`).flatMap((entry) => readCitation(entry) ?? []);
  return {
    type: 'text',
    text: requireText(block['text'], `${path}.text`),
    ...(citations.length > 0 && { citations }),
    ...readCache(block, path),
    path,
  };
}

function decodeToolUse(block: Fields, path: string, calls: ToolCalls): ToolCallPart {
  refuseVendorCall(block, path);
  const { id, state } = decodeToolCallId(requireText(block['id'], `${path}.id`));
  if (id === '') throw invalid(`${path}.id`, 'must not be empty');
  const name = requireToolName(block['name'], `${path}.name`);
  const input = isAbsent(block['input']) ? {} : requireObject(block['input'], `${path}.input`);
  calls.add(id, name);
  return {
    type: 'tool-call',
    id,
    name,
    arguments: JSON.stringify(input),
    ...given('state', state),
    ...readCache(block, path),
    path,
  };
}

function decodeToolResult(block: Fields, path: string, calls: ToolCalls): ToolResultPart {
  refuseVendorCall(block, path);
  const { id } = decodeToolCallId(requireText(block['tool_use_id'], `${path}.tool_use_id`));
  const content = isAbsent(block['content']) ? [] : block['content'];
  return {
    type: 'tool-result',
    callId: id,
    name: calls.nameOf(id, `${path}.tool_use_id`),
    content: decodeBlocks(content, `${path}.content`, (shown, at) =>
      decodeShownBlock(shown, at, 'text, image, document or search_result'),
    ),
    ...given('isError', optionalBoolean(block['is_error'], `${path}.is_error`)),
    ...readCache(block, path),
    path,
  };
}

/** What a user and a tool can show alike; `known` names the types that this place takes. */
function decodeShownBlock(block: Fields, path: string, known: string): ToolResultPart['content'][number] {
  switch (block['type']) {
    case 'text':
      return decodeText(block, path);
    case 'image':
      return decodeImage(block, path);
    case 'document':
      return decodeDocument(block, path);
    case 'search_result':
      return decodeSearchResult(block, path);
    default:
      throw unknownBlock(block, path, known);
  }
}

/** Calls that another of Anthropic's tools made, and those of its browser and computer toolsets. */
function refuseVendorCall(block: Fields, path: string): void {
  const { caller } = block;
  if (!isAbsent(caller) && requireObject(caller, `${path}.caller`)['type'] !== 'direct') {
    throw unsupported(`${path}.caller`, 'a tool that runs at Anthropic made the call');
  }
  if (!isAbsent(block['toolset_name'])) throw unsupported(`${path}.toolset_name`, 'only Anthropic has the toolset');
}

function unknownBlock(block: Fields, path: string, known: string): Error {
  const type = requireText(block['type'], `${path}.type`);
  if (vendorBlock.test(type)) return unsupported(path, 'it belongs to a tool that Anthropic runs');
  return invalid(`${path}.type`, `must be ${known}`);
}

/** Puts the state of a text back to it: `stateBlock` in `encode-response.ts` is where it comes from. */
function withTextStates(parts: readonly AssistantPart[]): readonly AssistantPart[] {
  const merged: AssistantPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    const proves = part.type === 'reasoning' && part.text === '' && part.state?.origin === 'gemini';
    if (proves && part.state !== undefined && last?.type === 'text') {
      merged.splice(-1, 1, { ...last, state: part.state });
    } else {
      merged.push(part);
    }
  }
  return merged;
}
