import { refuse } from '../refusal.ts';
import { checkThinkingBlocks } from './check-thinking.ts';
import { checkClosedSchema } from './closed-schema.ts';
import type { Block, CountRequest, MessagesRequest } from './messages-request.ts';

/** What Anthropic refuses of a request whose members are all of the right type. */
export function checkMessagesRequest(request: MessagesRequest): void {
  checkCountRequest(request);
  checkThinkingOptions(request);
}

export function checkCountRequest(request: CountRequest): void {
  checkRoles(request.messages);
  request.messages.forEach(({ role, content }, index) => {
    const isLast = index === request.messages.length - 1;
    if (content.length === 0 && !(isLast && role === 'assistant')) {
      refuse(
        `messages.${index}`,
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
    if (isLast && role === 'assistant') checkPrefill(content);
  });
  const turns = joinTurns(request.messages);
  turns.forEach(({ blocks, path }) => checkTexts(blocks, path));
  checkToolUses(turns);
  checkMarkers(request, turns);
  checkThinkingBlocks(turns);
  if (request.tool_choice !== undefined && (request.tools ?? []).length === 0) {
    refuse('tool_choice', 'tool_choice: tool_choice may only be specified while providing tools.');
  }
  checkClosedSchema(request.output_config?.format?.schema, 'output_config.format.schema');
}

/** https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages */
function checkRoles(messages: CountRequest['messages']): void {
  if (messages[0]?.role === 'system') {
    refuse('messages.0', "messages.0: use the top-level 'system' parameter for the initial system prompt");
  }
  if (messages[0]?.role !== 'user') refuse('messages', 'messages: first message must use the "user" role');
  for (const [index, { role }] of messages.entries()) {
    const isPlaced = messages[index - 1]?.role === 'user' && messages[index + 1]?.role !== 'user';
    if (role === 'system' && !isPlaced) {
      refuse(
        `messages.${index}`,
        `messages.${index}: a system message must follow a user message, and come last or before an assistant message`,
      );
    }
  }
}

/** What follows on itself is one turn to the vendor. */
export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly blocks: readonly Block[];
  /** Of the first message in it. */
  readonly path: string;
}

export function joinTurns(messages: CountRequest['messages']): Turn[] {
  const turns: (Turn & { blocks: Block[] })[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const blocks: Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks: [...blocks], path: `messages.${index}` });
  }
  return turns;
}

function checkPrefill(content: string | readonly Block[]): void {
  const last = typeof content === 'string' ? content : content.at(-1);
  const text = typeof last === 'string' ? last : last?.type === 'text' ? last.text : '';
  if (/\s$/.test(text)) {
    refuse('messages', 'messages: final assistant content cannot end with trailing whitespace');
  }
}

function checkTexts(blocks: readonly Block[], path: string): void {
  for (const block of blocks) {
    if (block.type === 'text' && block.text.trim() === '') {
      refuse(
        path,
        `messages: text content blocks must ${block.text === '' ? 'be non-empty' : 'contain non-whitespace text'}`,
      );
    }
    if (block.type === 'tool_result' && Array.isArray(block.content)) checkTexts(block.content, path);
  }
}

/** Each call is answered in the next turn, before anything else in it, and nothing else is. */
function checkToolUses(turns: readonly Turn[]): void {
  const seen = new Set<string>();
  for (const [index, { blocks, path }] of turns.entries()) {
    const calls = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    for (const id of calls) {
      if (seen.has(id)) refuse(path, `${path}: \`tool_use\` ids must be unique`);
      seen.add(id);
    }
    checkResults(blocks, path, turns[index - 1]);
    const unanswered = calls.filter((id) => !leadingResults(turns[index + 1]).includes(id));
    if (unanswered.length > 0) {
      refuse(
        path,
        `${path}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
  }
}

function checkResults(blocks: readonly Block[], path: string, before: Turn | undefined): void {
  const called = (before?.blocks ?? []).flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
  const answered = new Set<string>();
  for (const [at, block] of blocks.entries()) {
    if (block.type !== 'tool_result') continue;
    const place = `${path}.content.${at}`;
    if (!called.includes(block.tool_use_id)) {
      refuse(
        place,
        `${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (answered.has(block.tool_use_id)) {
      refuse(
        place,
        `${place}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${block.tool_use_id}`,
      );
    }
    answered.add(block.tool_use_id);
  }
}

function leadingResults(turn: Turn | undefined): string[] {
  const ids: string[] = [];
  for (const block of turn?.blocks ?? []) {
    if (block.type !== 'tool_result') break;
    ids.push(block.tool_use_id);
  }
  return ids;
}

function checkMarkers({ system, tools = [] }: CountRequest, turns: readonly Turn[]): void {
  const blocks: readonly object[] = [
    ...tools,
    ...(Array.isArray(system) ? system : []),
    ...turns.flatMap((turn) => turn.blocks),
  ];
  const count = blocks.filter((block) => 'cache_control' in block && block.cache_control).length;
  if (count > 4) {
    refuse('cache_control', `A maximum of 4 blocks with cache_control may be provided. Found ${count}.`);
  }
}

function checkThinkingOptions(request: MessagesRequest): void {
  const { thinking, max_tokens: maximum } = request;
  if (thinking === undefined || thinking.type === 'disabled') return;
  if (thinking.type === 'enabled' && thinking.budget_tokens >= maximum) {
    refuse('max_tokens', '`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (request.temperature !== undefined && request.temperature !== 1) {
    refuse('temperature', '`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (request.top_k !== undefined) refuse('top_k', '`top_k` must be unset when thinking is enabled.');
  const forced = request.tool_choice?.type === 'any' || request.tool_choice?.type === 'tool';
  if (thinking.type === 'enabled' && forced) {
    refuse('tool_choice', 'Thinking may not be enabled when tool_choice forces tool use.');
  }
}
