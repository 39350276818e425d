import { CallNumbers, canonicalJson, demand, type Json, Lines, objects, type SeenRequest, string } from '../seen.ts';
import { media, memberOf, optionLines } from './options.ts';

/** https://platform.openai.com/docs/api-reference/responses/create */
export function readOpenAiResponsesRequest(body: Json): SeenRequest {
  const lines = new Lines();
  const calls = new CallNumbers();
  if (typeof body['instructions'] === 'string') lines.text('system text', body['instructions']);
  const { input } = body;
  if (typeof input === 'string') lines.text('user text', input);
  else for (const item of objects(input)) readItem(item, lines, calls);
  calls.demandAnswered();
  const choice = body['tool_choice'];
  const states = (typeof input === 'string' ? [] : objects(input)).flatMap((item) =>
    item['type'] === 'reasoning' ? [`reasoning ${summaryOf(item)} <${string(item['encrypted_content'])}>`] : [],
  );
  return {
    content: lines.lines,
    ...(states.length > 0 && { states }),
    options: optionLines({
      tools: objects(body['tools'] ?? []).map(({ name, description, parameters }) => ({
        name,
        description,
        schema: parameters,
      })),
      toolChoice: typeof choice === 'object' ? `tool ${String(memberOf(choice, 'name'))}` : (choice as string),
      parallel: body['parallel_tool_calls'],
      maxTokens: body['max_output_tokens'],
      temperature: body['temperature'],
      // The API has none; a client that sends it all the same meant it.
      stop: body['stop'],
      outputSchema: memberOf(body, 'text', 'format', 'schema'),
      reasoning: !['none', undefined].includes(memberOf(body, 'reasoning', 'effort') as string | undefined),
      stream: body['stream'] === true,
    }),
  };
}

function summaryOf(item: Json): string {
  return objects(item['summary'])
    .map((part) => string(part['text']))
    .join('');
}

function readItem(item: Json, lines: Lines, calls: CallNumbers): void {
  switch (item['type'] ?? 'message') {
    case 'message': {
      const role = item['role'] === 'developer' ? 'system' : string(item['role']);
      demand(['system', 'user', 'assistant'].includes(role), 'a role', role);
      if (typeof item['content'] === 'string') return lines.text(`${role} text`, item['content']);
      for (const part of objects(item['content'])) readPart(part, role, lines);
      return;
    }
    case 'function_call':
      calls.call(string(item['call_id']), string(item['name']));
      return lines.line(
        `assistant call ${String(item['name'])} ${canonicalJson(JSON.parse(string(item['arguments'])))}`,
      );
    case 'function_call_output': {
      const number = calls.result(string(item['call_id']), undefined);
      const { output } = item;
      const text =
        typeof output === 'string'
          ? output
          : objects(output)
              .map((part) => string(part['text']))
              .join('');
      return lines.text(`user result of call ${number}`, text);
    }
    case 'reasoning':
      return;
    default:
      demand(false, 'a kind of item', item);
  }
}

function readPart(part: Json, role: string, lines: Lines): void {
  switch (part['type']) {
    case 'input_text':
      demand(role !== 'assistant', 'output_text of the assistant', part);
      return lines.text(`${role} text`, string(part['text']));
    case 'output_text':
      demand(role === 'assistant', 'input_text of others than the assistant', part);
      return lines.text('assistant text', string(part['text']));
    case 'input_image':
      return lines.line(`user image ${media(string(part['image_url']))}`);
    case 'input_file':
      return lines.line(`user document ${string(part['filename'])} ${media(string(part['file_data']))}`);
    default:
      demand(false, 'a kind of part', part);
  }
}
