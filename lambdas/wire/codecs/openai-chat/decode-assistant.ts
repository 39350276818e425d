import { decodeToolCallId } from '../../canonical/opaque.ts';
import {
  type Fields,
  isAbsent,
  optionalList,
  optionalObject,
  optionalText,
  readMediaUrl,
  requireObject,
  requireText,
  requireToolName,
} from '../../canonical/read.ts';
import type { AssistantPart, ImagePart, ToolCallPart } from '../../canonical/request.ts';
import type { ToolCalls } from '../../canonical/turns.ts';
import { invalid } from '../../json-fields.ts';
import { WireError } from '../../wire-error.ts';
import { decodeCache } from './decode-content.ts';
import { joinReasoningDetails } from './join-reasoning-details.ts';

/** The calls of the conversation so far. */
export interface AssistantContext {
  readonly calls: ToolCalls;
  /** The last one of the time before tools had ids. */
  legacyCall: { readonly id: string; readonly name: string } | undefined;
}

/** What the assistant said, in the order in which models say it: reasoning, words, calls. */
export function decodeAssistant(message: Fields, path: string, context: AssistantContext): readonly AssistantPart[] {
  if (!isAbsent(message['audio'])) {
    const text = `"${path}.audio" cannot be translated: only OpenAI keeps the audio of earlier answers.`;
    throw new WireError('parameter_not_supported', text, { param: `${path}.audio` });
  }
  const { parts: reasoning, stateOfText } = decodeReasoning(message, path);
  const words = decodeWords(message, path);
  const firstText = words.findIndex(({ type }) => type === 'text');
  const signed: readonly AssistantPart[] =
    stateOfText === undefined
      ? words
      : firstText === -1
        ? [{ type: 'text', text: '', state: stateOfText }, ...words]
        : words.map((part, at) => (at === firstText && part.type === 'text' ? { ...part, state: stateOfText } : part));
  return [...reasoning, ...signed, ...decodeImages(message, path), ...decodeCalls(message, path, context)];
}

function decodeReasoning(message: Fields, path: string): ReturnType<typeof joinReasoningDetails> {
  const details = optionalList(message['reasoning_details'], `${path}.reasoning_details`);
  const joined = joinReasoningDetails(
    details.map((entry, index) => requireObject(entry, `${path}.reasoning_details[${index}]`)),
    path,
  );
  if (joined.parts.length > 0) return joined;
  const text =
    optionalText(message['reasoning_content'], `${path}.reasoning_content`) ??
    optionalText(message['reasoning'], `${path}.reasoning`) ??
    '';
  return { ...joined, parts: text === '' ? [] : [{ type: 'reasoning', text, path: `${path}.reasoning_content` }] };
}

function decodeWords(message: Fields, path: string): readonly AssistantPart[] {
  const { content } = message;
  const at = `${path}.content`;
  const refusal = optionalText(message['refusal'], `${path}.refusal`) ?? '';
  const said: readonly AssistantPart[] =
    typeof content === 'string'
      ? [{ type: 'text', text: content, ...decodeCache(message, path), path: at }]
      : optionalList(content, at).flatMap((part, index) => decodeWord(part, `${at}[${index}]`));
  const words = said.filter((part) => part.type !== 'text' || part.text !== '');
  return refusal === '' ? words : [...words, { type: 'refusal', text: refusal, path: `${path}.refusal` }];
}

/** `thinking` is Mistral's. https://docs.mistral.ai/capabilities/reasoning */
function decodeWord(value: unknown, path: string): readonly AssistantPart[] {
  const part = requireObject(value, path);
  switch (part['type']) {
    case 'text':
      return [{ type: 'text', text: requireText(part['text'], `${path}.text`), ...decodeCache(part, path), path }];
    case 'refusal':
      return [{ type: 'refusal', text: requireText(part['refusal'], `${path}.refusal`), path }];
    case 'thinking': {
      const thoughts = optionalList(part['thinking'], `${path}.thinking`).map((thought, index) => {
        const at = `${path}.thinking[${index}]`;
        return optionalText(requireObject(thought, at)['text'], `${at}.text`) ?? '';
      });
      return [{ type: 'reasoning', text: thoughts.join(''), path }];
    }
    default:
      throw invalid(`${path}.type`, 'must be text or refusal in a message of the assistant');
  }
}

/** Pictures the model made, as we and OpenRouter show them. */
function decodeImages(message: Fields, path: string): readonly ImagePart[] {
  return optionalList(message['images'], `${path}.images`).map((value, index) => {
    const at = `${path}.images[${index}]`;
    const image = requireObject(requireObject(value, at)['image_url'], `${at}.image_url`);
    const url = requireText(image['url'], `${at}.image_url.url`);
    return { type: 'image', source: readMediaUrl(url, `${at}.image_url.url`), path: at };
  });
}

function decodeCalls(message: Fields, path: string, context: AssistantContext): readonly ToolCallPart[] {
  const calls = optionalList(message['tool_calls'], `${path}.tool_calls`).map((call, index) =>
    decodeCall(requireObject(call, `${path}.tool_calls[${index}]`), `${path}.tool_calls[${index}]`),
  );
  const legacy = optionalObject(message['function_call'], `${path}.function_call`);
  if (legacy !== undefined) {
    // The path makes it unique in the conversation and the same in each of its requests.
    const id = `call_function_${path.replaceAll(/\D/g, '')}`;
    const call = decodeFunction(legacy, `${path}.function_call`, id);
    context.legacyCall = call;
    calls.push(call);
  }
  for (const { id, name } of calls) context.calls.add(id, name);
  return calls;
}

function decodeCall(call: Fields, path: string): ToolCallPart {
  if (!isAbsent(call['type']) && call['type'] !== 'function') {
    const text = `"${path}" cannot be translated: only calls of functions have a form in other protocols.`;
    throw new WireError('parameter_not_supported', text, { param: path });
  }
  const { id, state } = decodeToolCallId(requireText(call['id'], `${path}.id`));
  if (id === '') throw invalid(`${path}.id`, 'must not be empty');
  const decoded = decodeFunction(requireObject(call['function'], `${path}.function`), `${path}.function`, id);
  return { ...decoded, ...(state && { state }), ...decodeCache(call, path), path };
}

function decodeFunction(called: Fields, path: string, id: string): ToolCallPart {
  const name = requireToolName(called['name'], `${path}.name`);
  const written = optionalText(called['arguments'], `${path}.arguments`) ?? '';
  const part: ToolCallPart = { type: 'tool-call', id, name, arguments: written.trim() === '' ? '{}' : written, path };
  if (!isObjectText(part.arguments)) throw invalid(`${path}.arguments`, 'must be a JSON object as text');
  return part;
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
