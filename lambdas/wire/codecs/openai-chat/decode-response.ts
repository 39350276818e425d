import { type Fields, given } from '../../canonical/read.ts';
import type { AssistantPart, TextPart, ToolCallPart } from '../../canonical/request.ts';
import type { CanonicalResponse, Choice } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { readAnnotations, readSources } from './annotations.ts';
import { readFinishReason } from './finish-reason.ts';
import { joinReasoningDetails } from './join-reasoning-details.ts';
import { readLogprobs } from './logprobs.ts';
import {
  readArguments,
  readCallId,
  readContent,
  readImages,
  readReasoningDetails,
  readReasoningText,
  textOf,
} from './read-content.ts';
import { readUsage } from './usage.ts';

/** https://platform.openai.com/docs/api-reference/chat/object and what compatible vendors make of it. */
export function decodeResponse(value: unknown): CanonicalResponse | undefined {
  if (!isObject(value) || !Array.isArray(value['choices'])) return undefined;
  const sources = readSources(value);
  return {
    ...given('model', typeof value['model'] === 'string' ? value['model'] : undefined),
    choices: value['choices'].filter(isObject).map((choice) => decodeChoice(choice, sources)),
    ...given('usage', readUsage(value)),
  };
}

function decodeChoice(choice: Fields, sources: TextPart['citations'] & object): Choice {
  const message = isObject(choice['message']) ? choice['message'] : {};
  const logprobs = readLogprobs(choice['logprobs']);
  return {
    content: decodeMessage(message, sources),
    finishReason: readFinishReason(choice['finish_reason']) ?? 'other',
    ...(logprobs.length > 0 && { logprobs }),
  };
}

function decodeMessage(message: Fields, sources: TextPart['citations'] & object): readonly AssistantPart[] {
  const { parts: details, stateOfText } = joinReasoningDetails(readReasoningDetails(message));
  const reasoning = readReasoningText(message);
  const shown: readonly AssistantPart[] =
    details.length > 0 || reasoning === '' ? details : [{ type: 'reasoning', text: reasoning }];
  const words = readContent(message['content']).filter(({ text }) => text !== '');
  const citations = [...readAnnotations(message['annotations']), ...sources];
  const refusal = textOf(message['refusal']);
  return [
    ...shown,
    ...withNotes(words, { ...(citations.length > 0 && { citations }), ...(stateOfText && { state: stateOfText }) }),
    ...(refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
    ...readImages(message).map(({ mediaType, data }) => ({
      type: 'image' as const,
      source: { kind: 'base64' as const, mediaType, data },
    })),
    ...readCalls(message),
  ];
}

/** They speak of the message's whole content, which is one text nearly always. */
function withNotes(
  words: readonly AssistantPart[],
  notes: Pick<TextPart, 'citations' | 'state'>,
): readonly AssistantPart[] {
  if (Object.keys(notes).length === 0) return words;
  const at = words.findIndex(({ type }) => type === 'text');
  if (at === -1) return [...words, { type: 'text', text: '', ...notes }];
  return words.map((part, index) => (index === at && part.type === 'text' ? { ...part, ...notes } : part));
}

function readCalls(message: Fields): readonly ToolCallPart[] {
  const calls: readonly unknown[] = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
  const legacy = isObject(message['function_call']) ? [{ function: message['function_call'] }] : [];
  return [...calls, ...legacy].flatMap((call) => {
    const called = isObject(call) ? call['function'] : undefined;
    if (!isObject(call) || !isObject(called)) return [];
    const [id, name] = [readCallId(call['id']), textOf(called['name'])];
    return [{ type: 'tool-call' as const, id, name, arguments: readArguments(called['arguments']) }];
  });
}
