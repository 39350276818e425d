import {
  CallNumbers,
  canonicalJson,
  demand,
  type Json,
  Lines,
  object,
  objects,
  type SeenRequest,
  string,
} from '../seen.ts';
import { media, memberOf, optionLines } from './options.ts';

/** https://platform.openai.com/docs/api-reference/chat/create */
export function readOpenAiChatRequest(body: Json): SeenRequest {
  const lines = new Lines();
  const calls = new CallNumbers();
  for (const message of objects(body['messages'])) readMessage(message, lines, calls);
  calls.demandAnswered();
  const choice = body['tool_choice'];
  return {
    content: lines.lines,
    options: optionLines({
      tools: objects(body['tools'] ?? []).map((tool) => {
        const { name, description, parameters } = object(tool['function']);
        return { name, description, schema: parameters };
      }),
      toolChoice:
        typeof choice === 'object' ? `tool ${String(memberOf(choice, 'function', 'name'))}` : (choice as string),
      parallel: body['parallel_tool_calls'],
      maxTokens: body['max_completion_tokens'] ?? body['max_tokens'],
      temperature: body['temperature'],
      stop: body['stop'],
      outputSchema: memberOf(body, 'response_format', 'json_schema', 'schema'),
      reasoning: (body['reasoning_effort'] ?? 'none') !== 'none',
      stream: body['stream'] === true,
    }),
  };
}

function readMessage(message: Json, lines: Lines, calls: CallNumbers): void {
  const role = message['role'] === 'developer' ? 'system' : string(message['role']);
  demand(['system', 'user', 'assistant', 'tool'].includes(role), 'a role', role);
  if (role === 'tool') {
    const number = calls.result(string(message['tool_call_id']), undefined);
    return lines.text(`user result of call ${number}`, textOf(message['content']));
  }
  demand(role === 'assistant' || message['content'] !== null, 'content', message);
  for (const part of parts(message['content'])) readPart(part, role, lines);
  for (const call of objects(message['tool_calls'] ?? [])) {
    const { name, arguments: written } = object(call['function']);
    demand(call['type'] === 'function', 'a function', call);
    demand(/^[\w-]{1,64}$/.test(string(name)), 'a name', name);
    calls.call(string(call['id']), string(name));
    lines.line(`assistant call ${String(name)} ${canonicalJson(JSON.parse(string(written)))}`);
  }
}

function parts(content: unknown): readonly Json[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content === null || content === undefined ? [] : objects(content);
}

function textOf(content: unknown): string {
  return parts(content)
    .map(({ type, text }) => {
      demand(type === 'text', 'text, the only kind a tool message may have', type);
      return string(text);
    })
    .join('');
}

function readPart(part: Json, role: string, lines: Lines): void {
  switch (part['type']) {
    case 'text':
      return lines.text(`${role} text`, string(part['text']));
    case 'image_url':
      demand(role === 'user', 'images of the user', role);
      return lines.line(`user image ${media(string(memberOf(part, 'image_url', 'url')))}`);
    case 'file': {
      const { filename, file_data } = object(part['file']);
      return lines.line(`user document ${string(filename)} ${media(string(file_data))}`);
    }
    default:
      demand(false, 'a kind of part', part);
  }
}
