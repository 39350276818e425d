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

/** https://platform.openai.com/docs/api-reference/chat-streaming and what compatible vendors make of it. */
export function createStreamDecoder(): StreamDecoder {
  const keys = new Map<number, ToolCallKeys>();
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
      const ofChoice = keys.get(index) ?? new ToolCallKeys();
      keys.set(index, ofChoice);
      readings.push(...decodeDelta(choice, index, ofChoice));
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

function decodeDelta(choice: Fields, index: number, keys: ToolCallKeys): readonly Reading[] {
  const delta = isObject(choice['delta']) ? choice['delta'] : {};
  const readings: Reading[] = [...readReasoning(delta, index)];
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
  readings.push(...readCalls(delta, index, keys));
  return readings.filter((reading) => !('text' in reading) || reading.text !== '');
}

function readReasoning(delta: Fields, choice: number): readonly Reading[] {
  const details = readReasoningDetails(delta).flatMap((entry) => readReasoningDetail(entry) ?? []);
  if (details.length === 0) return [{ type: 'reasoning', choice, text: readReasoningText(delta) }];
  return details.flatMap((detail): readonly Reading[] => {
    const { state } = detail;
    if (detail.kind === 'redacted') return [{ type: 'redacted-reasoning', choice, state: detail.state }];
    if (detail.kind === 'state-of-text') return [{ type: 'state', choice, of: 'text', state: detail.state }];
    const proof: readonly Reading[] = state === undefined ? [] : [{ type: 'state', choice, of: 'reasoning', state }];
    return [{ type: 'reasoning', choice, text: detail.text }, ...proof];
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
