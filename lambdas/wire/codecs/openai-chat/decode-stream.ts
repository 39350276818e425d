import type { StreamDecoder, WireEvent } from '../../canonical/codec.ts';
import type { Fields } from '../../canonical/read.ts';
import type { Citation } from '../../canonical/request.ts';
import type { Reading } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';
import { readAnnotations, readSources } from './annotations.ts';
import { readFinishReason } from './finish-reason.ts';
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
import { readReasoningDetail } from './reasoning-details.ts';
import { ToolCallKeys } from './tool-call-keys.ts';
import { readUsage } from './usage.ts';

interface ChoiceState {
  readonly keys: ToolCallKeys;
  /** Text told without details since the last of them: they may repeat it as a whole, as ours do. */
  readonly plainReasoning: string[];
}

/** https://platform.openai.com/docs/api-reference/chat-streaming and what compatible vendors make of it. */
export function createStreamDecoder(): StreamDecoder {
  const choicesSoFar = new Map<number, ChoiceState>();
  let started = false;
  let sources: readonly Citation[] = [];
  let sourcesTold = false;

  const decodeChunk = (chunk: Fields): readonly Reading[] => {
    const readings: Reading[] = [];
    if (!started)
      readings.push({ type: 'start', ...(typeof chunk['model'] === 'string' && { model: chunk['model'] }) });
    started = true;
    const latest = readSources(chunk);
    if (latest.length > 0) sources = latest;
    const choices: readonly unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
    for (const choice of choices.filter(isObject)) {
      const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
      const state = choicesSoFar.get(index) ?? { keys: new ToolCallKeys(), plainReasoning: [] };
      choicesSoFar.set(index, state);
      readings.push(...decodeDelta(choice, index, state));
      const reason = readFinishReason(choice['finish_reason']);
      if (reason === undefined) continue;
      // They come with every chunk, and are told once, when the text they belong to is there.
      if (!sourcesTold)
        readings.push(...sources.map((citation): Reading => ({ type: 'citation', choice: index, citation })));
      sourcesTold = true;
      readings.push({ type: 'finish', choice: index, reason });
    }
    const usage = readUsage(chunk);
    return usage === undefined ? readings : [...readings, { type: 'usage', usage }];
  };

  return {
    decode({ name, data }: WireEvent) {
      if (data.trim() === '[DONE]') return [{ type: 'end' }];
      if (data.trim() === '') return [];
      const chunk = parse(data);
      if (!isObject(chunk)) return [{ type: 'error', error: undefined }];
      const error = errorOf(chunk, name);
      return error === undefined ? decodeChunk(chunk) : [{ type: 'error', error }];
    },
  };
}

/** In OpenAI's own form, as a message alone, as Mistral's object, or under an event name of its own. */
function errorOf(chunk: Fields, name: string | undefined): unknown {
  const { error } = chunk;
  if (isObject(error) || (typeof error === 'string' && error !== '')) return error;
  return chunk['object'] === 'error' || name === 'error' ? chunk : undefined;
}

function decodeDelta(choice: Fields, index: number, state: ChoiceState): readonly Reading[] {
  const delta = isObject(choice['delta']) ? choice['delta'] : {};
  const readings: Reading[] = [...readReasoning(delta, index, state)];
  for (const { type, text } of readContent(delta['content'])) readings.push({ type, choice: index, text });
  readings.push({ type: 'refusal', choice: index, text: textOf(delta['refusal']) });
  // Some servers tell those of reasoning and of calls too; in OpenAI's words they are the content's.
  const logprobs = readLogprobs(choice['logprobs']);
  const ofContent = typeof delta['content'] === 'string' || typeof delta['refusal'] === 'string';
  if (ofContent && logprobs.length > 0) readings.push({ type: 'logprobs', choice: index, logprobs });
  for (const citation of readAnnotations(delta['annotations'])) {
    readings.push({ type: 'citation', choice: index, citation });
  }
  for (const image of readImages(delta)) readings.push({ type: 'image', choice: index, ...image });
  readings.push(...readCalls(delta, index, state.keys));
  return readings.filter((reading) => !('text' in reading) || reading.text !== '');
}

function readReasoning(delta: Fields, choice: number, { plainReasoning }: ChoiceState): readonly Reading[] {
  const details = readReasoningDetails(delta).flatMap((entry) => readReasoningDetail(entry) ?? []);
  if (details.length === 0) {
    const text = readReasoningText(delta);
    if (text !== '') plainReasoning.push(text);
    return [{ type: 'reasoning', choice, text }];
  }
  return details.flatMap((detail): readonly Reading[] => {
    if (detail.kind === 'redacted') return [{ type: 'redacted-reasoning', choice, state: detail.state }];
    if (detail.kind === 'state-of-text') return [{ type: 'state', choice, of: 'text', state: detail.state }];
    const isRepeated = plainReasoning.splice(0).join('') === detail.text;
    const { text, state } = detail;
    return [
      { type: 'reasoning', choice, text: isRepeated ? '' : text },
      ...(state === undefined ? [] : [{ type: 'state' as const, choice, of: 'reasoning' as const, state }]),
    ];
  });
}

function readCalls(delta: Fields, choice: number, keys: ToolCallKeys): readonly Reading[] {
  const calls: readonly unknown[] = Array.isArray(delta['tool_calls']) ? delta['tool_calls'] : [];
  const legacy = isObject(delta['function_call']) ? [{ function: delta['function_call'] }] : [];
  return [...calls, ...legacy].filter(isObject).flatMap((call): readonly Reading[] => {
    const called = isObject(call['function']) ? call['function'] : {};
    const id = readCallId(call['id']);
    const name = textOf(called['name']);
    const text = readArguments(called['arguments']);
    const index = typeof call['index'] === 'number' ? call['index'] : undefined;
    const key = keys.keyOf({ index, id, name, arguments: text });
    const header: readonly Reading[] = id === '' && name === '' ? [] : [{ type: 'tool-call', choice, key, id, name }];
    return [...header, { type: 'tool-arguments', choice, key, text }];
  });
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
