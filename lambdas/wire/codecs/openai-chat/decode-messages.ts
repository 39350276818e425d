import { decodeToolCallId } from '../../canonical/opaque.ts';
import {
  type Fields,
  isAbsent,
  requireList,
  requireObject,
  requireText,
  requireToolName,
} from '../../canonical/read.ts';
import type { Message, ToolResultPart, Untranslated } from '../../canonical/request.ts';
import { ToolCalls } from '../../canonical/turns.ts';
import { invalid } from '../../json-fields.ts';
import { type AssistantContext, decodeAssistant } from './decode-assistant.ts';
import { decodeCache, decodeContent, decodeText } from './decode-content.ts';

/** The conversation, and what of it has no canonical form. */
export function decodeMessages(value: unknown): {
  messages: readonly Message[];
  untranslated: readonly Untranslated[];
} {
  const context: AssistantContext = { calls: new ToolCalls(), legacyCall: undefined };
  const untranslated: Untranslated[] = [];
  const messages = requireList(value, 'messages').flatMap((each, index) => {
    const path = `messages[${index}]`;
    const message = requireObject(each, path);
    const named = message['role'] !== 'tool' && message['role'] !== 'function' && !isAbsent(message['name']);
    if (named) untranslated.push({ path: `${path}.name`, reason: 'only OpenAI tells participants of one role apart' });
    const decoded = decodeMessage(message, path, context);
    // A turn in which the assistant said nothing is none, and no other protocol takes it.
    return decoded.role === 'assistant' && decoded.content.length === 0 ? [] : [decoded];
  });
  return { messages, untranslated };
}

function decodeMessage(message: Fields, path: string, context: AssistantContext): Message {
  switch (message['role']) {
    case 'system':
    case 'developer':
      return { role: 'system', content: decodeText(message, path), path };
    case 'user':
      return { role: 'user', content: decodeContent(message, path), path };
    case 'assistant':
      return { role: 'assistant', content: decodeAssistant(message, path, context), path };
    case 'tool': {
      const at = `${path}.tool_call_id`;
      const { id } = decodeToolCallId(requireText(message['tool_call_id'], at));
      return { role: 'user', content: [decodeResult(message, path, { id, name: context.calls.nameOf(id, at) })], path };
    }
    case 'function': {
      const name = requireToolName(message['name'], `${path}.name`);
      if (context.legacyCall?.name !== name) throw invalid(`${path}.name`, 'must be the function that was called last');
      return { role: 'user', content: [decodeResult(message, path, context.legacyCall)], path };
    }
    default:
      throw invalid(`${path}.role`, 'must be one of system, developer, user, assistant, tool, function');
  }
}

/** OpenAI takes text alone here; images and files come from clients that know better models. */
function decodeResult(message: Fields, path: string, call: { id: string; name: string }): ToolResultPart {
  const { cache } = decodeCache(message, path);
  const content = decodeContent({ content: message['content'] }, path).map((part) => {
    if (part.type === 'text' || part.type === 'image' || part.type === 'document') return part;
    throw invalid(`${part.path ?? path}.type`, 'must be text, image_url or file in the result of a tool');
  });
  return { type: 'tool-result', callId: call.id, name: call.name, content, ...(cache && { cache }), path };
}
