import {
  CallNumbers,
  canonicalJson,
  count,
  demand,
  type Json,
  Lines,
  object,
  objects,
  type SeenRequest,
  string,
} from '../seen.ts';
import { memberOf, optionLines } from './options.ts';

/** https://platform.claude.com/docs/en/api/messages */
export function readAnthropicMessagesRequest(body: Json): SeenRequest {
  const lines = new Lines();
  const calls = new CallNumbers();
  for (const block of blocks(body['system'] ?? [])) lines.text('system text', string(block['text']));
  for (const message of objects(body['messages'])) {
    const role = string(message['role']);
    demand(role === 'user' || role === 'assistant', 'a role', role);
    for (const block of blocks(message['content'])) readBlock(block, role, { lines, calls });
  }
  calls.demandAnswered();
  const choice = memberOf(body, 'tool_choice', 'type');
  const thinking = memberOf(body, 'thinking', 'type');
  if (thinking === 'enabled') {
    const budget = count(memberOf(body, 'thinking', 'budget_tokens'));
    demand(budget >= 1024 && budget < count(body['max_tokens']), 'a budget from 1024 and below max_tokens', body);
  }
  const states = objects(body['messages']).flatMap(({ content }) =>
    blocks(content).flatMap(({ type, thinking: text, signature }) =>
      type === 'thinking' ? [`reasoning ${string(text)} <${string(signature)}>`] : [],
    ),
  );
  return {
    content: lines.lines,
    ...(states.length > 0 && { states }),
    options: optionLines({
      tools: objects(body['tools'] ?? []).map(({ name, description, input_schema: schema }) => ({
        name,
        description,
        schema,
      })),
      toolChoice:
        { any: 'required', tool: `tool ${String(memberOf(body, 'tool_choice', 'name'))}` }[String(choice)] ??
        (choice as string | undefined),
      parallel: memberOf(body, 'tool_choice', 'disable_parallel_tool_use') !== true,
      maxTokens: count(body['max_tokens']),
      temperature: body['temperature'],
      stop: body['stop_sequences'],
      outputSchema: memberOf(body, 'output_config', 'format', 'schema'),
      reasoning: thinking === 'enabled' || thinking === 'adaptive',
      stream: body['stream'] === true,
    }),
  };
}

function blocks(content: unknown): readonly Json[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content);
}

function readBlock(block: Json, role: string, { lines, calls }: { lines: Lines; calls: CallNumbers }): void {
  switch (block['type']) {
    case 'text':
      demand(block['text'] !== '', 'text that is not empty', block);
      return lines.text(`${role} text`, string(block['text']));
    case 'image':
      return lines.line(`user image ${sourceOf(block)}`);
    case 'document':
      return lines.line(`user document ${string(block['title'])} ${sourceOf(block)}`);
    case 'thinking':
      return demand(role === 'assistant', 'thoughts of the assistant', role);
    case 'tool_use':
      demand(role === 'assistant', 'calls of the assistant', role);
      demand(/^[\w-]+$/.test(string(block['id'])), 'an id', block);
      calls.call(string(block['id']), string(block['name']));
      return lines.line(`assistant call ${String(block['name'])} ${canonicalJson(object(block['input']))}`);
    case 'tool_result': {
      demand(role === 'user', 'results of the user', role);
      const number = calls.result(string(block['tool_use_id']), undefined);
      const text = blocks(block['content'] ?? []).map((part) => string(part['text']));
      return lines.text(`user result of call ${number}`, text.join(''));
    }
    default:
      demand(false, 'a kind of block', block);
  }
}

function sourceOf(block: Json): string {
  const source = object(block['source']);
  if (source['type'] === 'url') return string(source['url']);
  demand(source['type'] === 'base64', 'a source', source);
  return `${string(source['media_type'])} ${string(source['data'])}`;
}
