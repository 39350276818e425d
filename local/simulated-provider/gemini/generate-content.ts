import { randomUUID } from 'node:crypto';
import { type Answer, createAnswer } from '../answer.ts';
import { encodeEvent, type Exchange, sendEvents, sendWhole } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { buildGeneration, type GeminiFrame, streamGenerations } from './answer.ts';
import { checkGenerateContent } from './check-contents.ts';
import { toCamelCase, wordUnknown } from './field-names.ts';
import { readPrompt } from './read-prompt.ts';
import { generateContentRequest } from './request.ts';

/** `POST /v1beta/models/{model}:generateContent`, as Google answers it. */
export async function answerGenerateContent(exchange: Exchange): Promise<void> {
  const { frame, answer } = await generate(exchange);
  return sendWhole(exchange, answer, buildGeneration(frame, answer));
}

/** `POST /v1beta/models/{model}:streamGenerateContent`: events with `alt=sse`, one growing JSON array without. */
export async function answerStreamGenerateContent(exchange: Exchange): Promise<void> {
  const { frame, answer } = await generate(exchange);
  const objects = streamGenerations(frame, answer, exchange.signal);
  if (exchange.query.get('alt') === 'sse') return sendEvents(exchange, answer, toEvents(objects), 'text/event-stream');
  return sendEvents(exchange, answer, toArray(objects), 'application/json; charset=UTF-8');
}

async function generate(exchange: Exchange): Promise<{ frame: GeminiFrame; answer: Answer }> {
  const request = parseBody(generateContentRequest, toCamelCase(exchange.body), wordUnknown);
  const model = requireModel(exchange.pathModel ?? '', 'text');
  checkGenerateContent(request, model);

  const prompt = readPrompt(request);
  const { generationConfig: options = {} } = request;
  const frame: GeminiFrame = {
    model: model.name,
    responseId: randomUUID(),
    candidates: prompt.choices,
    includeThoughts: options.thinkingConfig?.includeThoughts === true,
    logprobs: options.responseLogprobs === true ? (options.logprobs ?? 0) : undefined,
    occasion: model.id === 'reasoning' ? JSON.stringify(prompt.messages) : undefined,
  };
  return { frame, answer: createAnswer(prompt, model, exchange.prefixCache) };
}

async function* toEvents(objects: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const object of objects) yield encodeEvent(object).replaceAll('\n', '\r\n');
}

async function* toArray(objects: AsyncIterable<object>): AsyncGenerator<string> {
  let before = '[';
  for await (const object of objects) {
    yield `${before}${JSON.stringify(object, null, 2)}\n`;
    before = ',\r\n';
  }
  yield ']';
}
