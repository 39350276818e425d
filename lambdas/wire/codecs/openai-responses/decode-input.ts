import { decodeToolCallId } from '../../canonical/opaque.ts';
import { type Fields, isAbsent, optionalText, requireList, requireObject, requireText } from '../../canonical/read.ts';
import type { AssistantPart, Message, TextPart, UserPart } from '../../canonical/request.ts';
import { ToolCalls } from '../../canonical/turns.ts';
import { invalid } from '../../json-fields.ts';
import { WireError } from '../../wire-error.ts';
import { writeCustomArguments } from './custom-tools.ts';
import { joinedName } from './declared-tools.ts';
import { decodeAssistantContent, decodeResultContent, decodeTexts, decodeUserContent } from './decode-content.ts';
import { madeImage } from './images.ts';
import { readReasoning } from './reasoning.ts';

type Draft =
  | { readonly role: 'system'; readonly content: TextPart[]; readonly path: string }
  | { readonly role: 'user'; readonly content: UserPart[]; readonly path: string }
  | { readonly role: 'assistant'; readonly content: AssistantPart[]; readonly path: string };

/** What a model says in one turn is several items here, and one message everywhere else. */
export function decodeInput(input: unknown): Message[] {
  if (typeof input === 'string') {
    return [{ role: 'user', content: [{ type: 'text', text: input, path: 'input' }], path: 'input' }];
  }
  const messages: Draft[] = [];
  const calls = new ToolCalls();
  for (const [index, value] of requireList(input, 'input').entries()) {
    const path = `input[${index}]`;
    append(messages, decodeItem(requireObject(value, path), path, calls));
  }
  if (messages.length === 0) throw invalid('input', 'must not be empty');
  return messages;
}

function append(messages: Draft[], next: Draft): void {
  const last = messages.at(-1);
  if (next.content.length === 0) return;
  if (last?.role === 'assistant' && next.role === 'assistant') {
    if (!signText(last.content, next.content)) for (const part of next.content) last.content.push(part);
  } else if (last?.role === 'user' && next.role === 'user' && isResults(last) && isResults(next)) {
    for (const part of next.content) last.content.push(part);
  } else messages.push(next);
}

/** A result is an item of its own here, so the first part tells of all. */
function isResults({ content }: Draft): boolean {
  return content[0]?.type === 'tool-result';
}

/** Reverses what `OutputItems` does with the signature of a text: Gemini, which has no hidden reasoning, signs texts too. */
function signText(content: AssistantPart[], [next]: readonly AssistantPart[]): boolean {
  const last = content.at(-1);
  if (last?.type !== 'text' || last.state !== undefined) return false;
  if (next?.type !== 'redacted-reasoning' || next.state.origin !== 'gemini') return false;
  content[content.length - 1] = { ...last, state: next.state };
  return true;
}

function decodeItem(item: Fields, path: string, calls: ToolCalls): Draft {
  switch (item['type'] ?? 'message') {
    case 'message':
      return decodeMessage(item, path);
    case 'function_call':
      return decodeCall(item, path, calls, requireText(item['arguments'], `${path}.arguments`) || '{}');
    case 'custom_tool_call':
      return decodeCall(item, path, calls, writeCustomArguments(requireText(item['input'], `${path}.input`)));
    case 'function_call_output':
    case 'custom_tool_call_output':
      return decodeResult(item, path, calls);
    case 'reasoning': {
      const part = readReasoning(item, path);
      return { role: 'assistant', content: part === undefined ? [] : [part], path };
    }
    case 'image_generation_call':
      return decodeMadeImage(item, path);
    default:
      throw untranslatable(item['type'], path);
  }
}

function decodeMessage(item: Fields, path: string): Draft {
  const { role } = item;
  const at = `${path}.content`;
  switch (role) {
    case 'user':
      return { role, content: decodeUserContent(item['content'], at), path };
    case 'assistant':
      return { role, content: decodeAssistantContent(item['content'], at), path };
    case 'system':
    case 'developer':
      return { role: 'system', content: decodeTexts(item['content'], at), path };
    default:
      throw invalid(`${path}.role`, 'must be user, assistant, system or developer');
  }
}

function decodeCall(item: Fields, path: string, calls: ToolCalls, callArguments: string): Draft {
  const { id, state } = decodeToolCallId(callIdOf(item, path));
  const namespace = optionalText(item['namespace'], `${path}.namespace`);
  const ownName = requireText(item['name'], `${path}.name`);
  const name = namespace === undefined ? ownName : joinedName(namespace, ownName);
  calls.add(id, name);
  return {
    role: 'assistant',
    content: [{ type: 'tool-call', id, name, arguments: callArguments, ...(state !== undefined && { state }), path }],
    path,
  };
}

function decodeResult(item: Fields, path: string, calls: ToolCalls): Draft {
  if (isAbsent(item['call_id']) && !isAbsent(item['name'])) return decodeUncalled(item, path);
  const { id: callId } = decodeToolCallId(callIdOf(item, path));
  const name = calls.nameOf(callId, `${path}.call_id`);
  const content = decodeResultContent(item['output'], `${path}.output`);
  return { role: 'user', content: [{ type: 'tool-result', callId, name, content, path }], path };
}

/** What a client tells of its own accord, as Codex does of a goal: no call was made, and no other protocol has such a result. */
function decodeUncalled(item: Fields, path: string): Draft {
  const name = requireText(item['name'], `${path}.name`);
  const namespace = optionalText(item['namespace'], `${path}.namespace`);
  const said = namespace === undefined ? name : joinedName(namespace, name);
  const content = decodeResultContent(item['output'], `${path}.output`);
  return { role: 'user', content: [{ type: 'text', text: `${said}:`, path }, ...content], path };
}

function callIdOf(item: Fields, path: string): string {
  const id = requireText(item['call_id'], `${path}.call_id`);
  if (id === '') throw invalid(`${path}.call_id`, 'must not be empty');
  return id;
}

function decodeMadeImage(item: Fields, path: string): Draft {
  const result = optionalText(item['result'], `${path}.result`) ?? '';
  const content = result === '' ? [] : [{ ...madeImage(result, item['output_format']), path }];
  return { role: 'assistant', content, path };
}

/** Items of tools that OpenAI runs, and of its own way to shorten a conversation. */
function untranslatable(type: unknown, path: string): WireError {
  if (typeof type !== 'string') return invalid(`${path}.type`, 'must be a string');
  return unsupported(path, 'only OpenAI knows items of this type; remove it from the input');
}

function unsupported(path: string, reason: string): WireError {
  return new WireError('parameter_not_supported', `"${path}" cannot be translated: ${reason}.`, { param: path });
}
