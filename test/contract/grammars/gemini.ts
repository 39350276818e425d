import {
  canonicalJson,
  count,
  demand,
  json,
  type Json,
  Lines,
  object,
  objects,
  type SeenAnswer,
  type SeenUsage,
  string,
} from '../seen.ts';
import { sseEvents } from './sse.ts';

/** https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
export function readGeminiAnswer(body: Json): SeenAnswer {
  const candidate = demandCandidate(body);
  return seenOf(partsOf(candidate), string(candidate['finishReason']), usageOf(body['usageMetadata']));
}

/** https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent */
export function readGeminiStream(bytes: Buffer): SeenAnswer {
  const chunks = sseEvents(bytes).map(({ name, data }) => {
    demand(name === undefined, 'no names of events', name);
    return json(data);
  });
  const last = chunks.at(-1);
  demand(last !== undefined, 'an event');
  const failed = last['error'] !== undefined;
  const whole = failed ? chunks.slice(0, -1) : chunks;
  const parts: Json[] = [];
  for (const chunk of whole) {
    const candidate = demandCandidate(chunk);
    demand(chunk['responseId'] === chunks[0]?.['responseId'], 'one responseId', chunk);
    demand(
      (candidate['finishReason'] !== undefined) === (chunk === last),
      'the finish reason in the last event alone',
      chunk,
    );
    parts.push(...partsOf(candidate));
  }
  if (failed) return { ...seenOf(parts, 'error', undefined), error: string(object(last['error'])['message']) };
  return seenOf(parts, string(demandCandidate(last)['finishReason']), usageOf(last['usageMetadata']));
}

function demandCandidate(body: Json): Json {
  demand(/\S/.test(string(body['responseId'])) && /\S/.test(string(body['modelVersion'])), 'an id and a model', body);
  const [candidate, ...others] = objects(body['candidates']);
  demand(candidate !== undefined && others.length === 0, 'one candidate', body);
  demand((candidate['index'] ?? 0) === 0, 'its index', candidate);
  return candidate;
}

function partsOf(candidate: Json): readonly Json[] {
  const content = object(candidate['content'] ?? { role: 'model' });
  demand(content['role'] === 'model', 'the model', content);
  return objects(content['parts'] ?? []);
}

function seenOf(parts: readonly Json[], reason: string, usage: SeenUsage | undefined): SeenAnswer {
  const lines = new Lines();
  const callIds: string[] = [];
  const finish = finishOf(reason, parts);
  for (const { text, thought, functionCall } of parts) {
    if (functionCall !== undefined) {
      const { id, name, args } = object(functionCall);
      if (id !== undefined) callIds.push(string(id));
      lines.line(`call ${string(name)} ${canonicalJson(object(args ?? {}))}`);
    } else if (text !== undefined) {
      lines.text(thought === true ? 'reasoning' : finish === 'refused' ? 'refusal' : 'text', string(text));
    }
  }
  const states = parts.flatMap(({ thoughtSignature: state }) => (state === undefined ? [] : [string(state)]));
  for (const state of states) demand(/^[A-Za-z0-9+/]+={0,2}$/.test(state), 'base64, which Python decodes', state);
  return { content: lines.lines, finish, callIds, states, usage };
}

function finishOf(reason: string, parts: readonly Json[]): SeenAnswer['finish'] {
  switch (reason) {
    case 'STOP':
      return parts.some(({ functionCall }) => functionCall !== undefined) ? 'tool_calls' : 'stop';
    case 'MAX_TOKENS':
      return 'length';
    case 'SAFETY':
    case 'PROHIBITED_CONTENT':
      return 'refused';
    // Of a call whose arguments are no JSON, which the protocol has no other form for.
    case 'MALFORMED_FUNCTION_CALL':
    case 'error':
      return 'error';
    case 'OTHER':
      return 'other';
    default:
      demand(false, 'a known finish reason', reason);
  }
}

function usageOf(value: unknown): SeenUsage | undefined {
  if (value === undefined) return undefined;
  const usage = object(value);
  const reasoning = count(usage['thoughtsTokenCount'] ?? 0);
  const seen = {
    input: count(usage['promptTokenCount'] ?? 0),
    cacheRead: count(usage['cachedContentTokenCount'] ?? 0),
    cacheWrite: 0,
    output: count(usage['candidatesTokenCount'] ?? 0) + reasoning,
    reasoning,
  };
  demand(usage['totalTokenCount'] === seen.input + seen.output, 'a total that is the sum', usage);
  return seen;
}
