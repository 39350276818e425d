import { invalid } from '../json-fields.ts';
import type { AssistantPart, Message, TextPart, ToolResultPart, UserPart } from './request.ts';

/** Instructions first, then the conversation in strict turns: what Anthropic, Gemini and Converse want. */
export interface Turns {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
}

export type Turn =
  | { readonly role: 'user'; readonly content: readonly UserPart[]; readonly path?: string }
  | { readonly role: 'assistant'; readonly content: readonly AssistantPart[]; readonly path?: string };

/**
 * Splits off the instructions that come before everything else and joins neighbours of the same role. Instructions in the
 * middle of a conversation stay in their place, as text of the user's turn: moved to the front they would speak about what has
 * not been said yet, and break the provider's prompt cache with every turn. In a user's turn tool results come first, as their
 * providers demand.
 */
export function toTurns(messages: readonly Message[]): Turns {
  const firstOther = messages.findIndex(({ role }) => role !== 'system');
  const leading = firstOther === -1 ? messages : messages.slice(0, firstOther);
  const system = leading.flatMap(({ content }) => content as readonly TextPart[]);
  const turns: { role: Turn['role']; content: (UserPart | AssistantPart)[]; path?: string }[] = [];
  for (const { role, content, path } of firstOther === -1 ? [] : messages.slice(firstOther)) {
    const speaker = role === 'system' ? 'user' : role;
    const last = turns.at(-1);
    // One by one: as arguments of a single call a hundred thousand parts would overflow the stack.
    if (last?.role === speaker) for (const part of content) last.content.push(part);
    else turns.push({ role: speaker, content: [...content], ...(path !== undefined && { path }) });
  }
  for (const turn of turns) if (turn.role === 'user') turn.content = resultsFirst(turn.content);
  return { system, turns: turns as unknown as readonly Turn[] };
}

function resultsFirst<Part extends UserPart | AssistantPart>(content: readonly Part[]): Part[] {
  const results = content.filter(({ type }) => type === 'tool-result');
  return results.length === 0 ? [...content] : [...results, ...content.filter(({ type }) => type !== 'tool-result')];
}

/** Names of the tools called so far by the ids of their calls: a decoder fills it in order and looks results up in it. */
export class ToolCalls {
  readonly #names = new Map<string, string>();

  add(id: string, name: string): void {
    this.#names.set(id, name);
  }

  /** @throws WireError naming the path where no call before has this id. */
  nameOf(id: string, path: string): string {
    const name = this.#names.get(id);
    if (name === undefined) throw invalid(path, 'must be the id of a tool call earlier in the conversation');
    return name;
  }
}

/** The text of a tool result, for protocols that take nothing else. */
export function resultText({ content }: ToolResultPart): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}
