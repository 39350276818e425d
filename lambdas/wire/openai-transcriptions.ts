import type { JsonBody } from './json-body.ts';
import { invalid, isObject } from './json-fields.ts';
import { mediaFacts, unitCount, usageOf } from './media-facts.ts';
import { createMediaStreamTap } from './media-stream-tap.ts';
import { multipartForm, withField } from './multipart-body.ts';
import { readResponsesUsage } from './openai-responses-facts.ts';
import type { RequestFacts, WireProtocol } from './protocol.ts';

/**
 * OpenAI transcription of a file; the unit beside tokens is a second of audio. Answers as plain text or subtitles tell neither.
 * https://platform.openai.com/docs/api-reference/audio/createTranscription
 */
export const openaiTranscriptions = {
  name: 'openai-transcriptions',
  dialect: 'openai',
  requestForm: multipartForm,
  plainAnswers: /^(?:text\/(?:plain|vtt|srt)|application\/x-subrip)(?:; ?charset=[\w-]+)?$/i,
  readRequest,
  buildRequest: (body, facts, changes) =>
    changes.model === facts.model ? body.bytes : withField(body, 'model', changes.model),
  readResponse(value) {
    if (!isObject(value) || typeof value['text'] !== 'string') return undefined;
    const usage = usageOf(value);
    const seconds = unitCount(isObject(usage) ? usage['seconds'] : undefined) ?? unitCount(value['duration']);
    return { usage: readResponsesUsage(usage), finishReason: undefined, billedUnits: seconds };
  },
  createStreamTap: () => createMediaStreamTap('transcript.text.done'),
} as const satisfies WireProtocol;

/** 4 kbit/s: less than any of the accepted formats needs for speech. */
const bytesPerSecondAtLeast = 500;
/** https://platform.openai.com/docs/guides/realtime-costs */
const audioTokensPerSecond = 10;
/** Twice the words of somebody who speaks very fast. */
const textTokensPerSecond = 10;

function readRequest(body: JsonBody): RequestFacts {
  const file = body.members.get('file');
  if (file === undefined || body.value['file'] !== undefined) throw invalid('file', 'must be a file of the form');
  const seconds = Math.ceil((file.valueEnd - file.valueStart) / bytesPerSecondAtLeast);
  return mediaFacts(body.value, {
    stream: readFlag(body.value, 'stream'),
    hasReferences: false,
    choices: 1,
    outputTokens: 100 + seconds * textTokensPerSecond,
    atMost: { inputTokens: body.textBytes + seconds * audioTokensPerSecond, billedUnits: seconds },
  });
}

function readFlag(fields: JsonBody['value'], name: string): boolean {
  const value = fields[name] ?? 'false';
  if (value !== 'true' && value !== 'false') throw invalid(name, 'must be true or false');
  return value === 'true';
}
