import type {
  AssistantPart,
  Message,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '../../canonical/request.ts';
import { resultText, toTurns, type Turn } from '../../canonical/turns.ts';
import { isObject } from '../../json-fields.ts';
import { writeCache } from './encode-cache.ts';
import { encodeDocument, encodeImage, type MediaContext } from './encode-media.ts';
import { ToolIds } from './tool-ids.ts';

export interface ConversationContext extends MediaContext {
  /** Whether the model's earlier thoughts may be sent: refused by Anthropic where thinking was turned off. */
  readonly thoughts: boolean;
}

interface WireMessage {
  readonly role: Turn['role'];
  readonly content: readonly object[];
}

/** Stands for what the user said where a conversation begins with the model's words: Anthropic wants the user to begin. */
const unsaid = { type: 'text', text: '(The conversation begins with your message.)' };

/**
 * Empty text, which Anthropic refuses, is left out, and with it messages that hold nothing else. Instructions alone are said by
 * the user, since there has to be a message.
 */
export function encodeConversation(all: readonly Message[], context: ConversationContext): object {
  const { system, turns } = toTurns(all);
  const ids = new ToolIds();
  const encoded = turns.map(({ role, content }) => ({
    role,
    content: withoutLastThoughts(content.flatMap((part: UserPart | AssistantPart) => encodePart(part, ids, context))),
  }));
  const messages = joinNeighbours(encoded.filter(({ content }) => content.length > 0));
  const instructions = system.flatMap(encodeText);
  if (messages.length === 0) return { messages: [{ role: 'user', content: instructions }] };
  const complete: readonly WireMessage[] =
    messages[0]?.role === 'user' ? messages : [{ role: 'user', content: [unsaid] }, ...messages];
  return { ...(instructions.length > 0 && { system: instructions }), messages: trimLast(complete) };
}

/** Messages that came together when one between them had nothing to say. */
function joinNeighbours(messages: readonly WireMessage[]): readonly WireMessage[] {
  const joined: { role: Turn['role']; content: object[] }[] = [];
  for (const { role, content } of messages) {
    const last = joined.at(-1);
    if (last?.role === role) for (const block of content) last.content.push(block);
    else joined.push({ role, content: [...content] });
  }
  return joined;
}

/** Anthropic refuses an answer that ends in thinking, such as one that was cut there. */
function withoutLastThoughts(content: readonly object[]): readonly object[] {
  return content.slice(0, content.findLastIndex((block) => !isThinking(block)) + 1);
}

/** It refuses white space at the end of an answer that it shall continue, too. */
function trimLast(messages: readonly WireMessage[]): readonly WireMessage[] {
  const last = messages.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== 'assistant' || !isObject(block) || typeof block['text'] !== 'string') return messages;
  const content = [...last.content.slice(0, -1), { ...block, text: block['text'].trimEnd() }];
  return [...messages.slice(0, -1), { ...last, content }];
}

function isThinking(block: unknown): boolean {
  return isObject(block) && (block['type'] === 'thinking' || block['type'] === 'redacted_thinking');
}

function encodePart(part: UserPart | AssistantPart, ids: ToolIds, context: ConversationContext): readonly object[] {
  const { losses } = context;
  switch (part.type) {
    case 'text':
      return encodeText(part);
    case 'refusal':
      return encodeText({ type: 'text', text: part.text });
    case 'image':
      return [encodeImage(part, context)];
    case 'document':
      return [encodeDocument(part, context)];
    case 'audio':
    case 'video':
      return losses.refuse(part.path ?? 'messages', `it takes no ${part.type}`);
    case 'reasoning':
      if (!context.thoughts || part.state?.origin !== 'anthropic') return [];
      return [{ type: 'thinking', thinking: part.text, signature: part.state.value }];
    case 'redacted-reasoning':
      if (!context.thoughts || part.state.origin !== 'anthropic') return [];
      return [{ type: 'redacted_thinking', data: part.state.value }];
    case 'tool-call':
      return [encodeToolCall(part, ids, context)];
    case 'tool-result':
      return [encodeToolResult(part, ids, context)];
  }
}

/** What an earlier answer cited is left out: it says nothing about what is asked now, and Anthropic checks its own citations. */
function encodeText(part: TextPart): readonly object[] {
  return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text, ...writeCache(part) }];
}

function encodeToolCall(part: ToolCallPart, ids: ToolIds, { losses }: ConversationContext): object {
  const input = parseArguments(part.arguments);
  if (input === undefined)
    return losses.refuse(part.path ?? 'messages', 'the arguments of a call must be a JSON object');
  return { type: 'tool_use', id: ids.take(part.id), name: part.name, input, ...writeCache(part) };
}

function encodeToolResult(part: ToolResultPart, ids: ToolIds, context: ConversationContext): object {
  const textOnly = part.content.every(({ type }) => type === 'text');
  const text = resultText(part);
  const content = textOnly ? text : part.content.flatMap((entry) => encodePart(entry, ids, context));
  return {
    type: 'tool_result',
    tool_use_id: ids.of(part.callId),
    ...(content.length > 0 && { content }),
    ...(part.isError === true && { is_error: true }),
    ...writeCache(part),
  };
}

function parseArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
