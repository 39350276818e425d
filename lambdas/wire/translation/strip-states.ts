import { decodeToolCallId } from '../canonical/opaque.ts';
import { type JsonBody, parseJsonBody, withMembers } from '../json-body.ts';
import { isObject } from '../json-fields.ts';

/** The member of each chat protocol that holds the conversation. */
const conversations = ['messages', 'input', 'contents'];
/** Where the protocols keep what proves reasoning; the whole element goes with it, unless it says something to the model. */
const stateMembers = ['signature', 'data', 'encrypted_content', 'thoughtSignature', 'thought_signature'];
/** Where a call of a tool is named, or referred to. */
const idMembers = ['id', 'call_id', 'tool_call_id', 'tool_use_id'];
const spokenMembers = ['text', 'functionCall', 'function_call', 'inlineData', 'inline_data'];

/**
 * The body without the states of other vendors, for a provider of the caller's own protocol: blocks of foreign reasoning are left
 * out, ids of tool calls get back their own form. Every member but the conversation keeps its bytes.
 */
export function stripStates(body: JsonBody): JsonBody {
  const changes: Record<string, unknown> = {};
  for (const name of conversations) {
    if (Array.isArray(body.value[name])) changes[name] = strip(body.value[name]);
  }
  return parseJsonBody(withMembers(body, changes));
}

/** Elements that are nothing but a foreign state leave their list; a message that is emptied by that leaves it too. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((element) => !isOnlyState(element)).map((element) => [element, strip(element)] as const);
    return kept.filter(([before, after]) => !isEmptied(before, after)).map(([, after]) => after);
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([name, member]) => !(stateMembers.includes(name) && isMarked(member)));
  return Object.fromEntries(members.map(([name, member]) => [name, stripMember(name, member)]));
}

function stripMember(name: string, value: unknown): unknown {
  return typeof value === 'string' && idMembers.includes(name) ? decodeToolCallId(value).id : strip(value);
}

function isOnlyState(element: unknown): boolean {
  if (!isObject(element) || !stateMembers.some((name) => isMarked(element[name]))) return false;
  return (
    element['thought'] === true ||
    !spokenMembers.some((name) => name in element) ||
    element['type'] === 'reasoning.text'
  );
}

function isEmptied(before: unknown, after: unknown): boolean {
  return partsOf(before).length > 0 && partsOf(after).length === 0;
}

function partsOf(message: unknown): readonly unknown[] {
  if (!isObject(message)) return [];
  const { content, parts, tool_calls: calls } = message;
  return [content, parts, calls].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
}

function isMarked(value: unknown): boolean {
  return typeof value === 'string' && (value.startsWith('gh1.') || value.startsWith('Z2gxLm'));
}
