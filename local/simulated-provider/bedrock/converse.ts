import { type Answer, createAnswer } from '../answer.ts';
import { type Exchange, sendEvents, sendWhole } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { checkConverse } from './check-messages.ts';
import { buildConverse, type ConverseFrame, streamConverse } from './converse-answer.ts';
import { requireBedrockModel } from './model-id.ts';
import { readPrompt } from './read-prompt.ts';
import { converseRequest, wordUnknown } from './request.ts';

/** `POST /model/{model}/converse`, as Bedrock answers it for Claude. */
export async function answerConverse(exchange: Exchange): Promise<void> {
  const { frame, answer } = await converse(exchange);
  return sendWhole(exchange, answer, buildConverse(frame, answer));
}

/** `POST /model/{model}/converse-stream`: the same as an event stream. */
export async function answerConverseStream(exchange: Exchange): Promise<void> {
  const { frame, answer } = await converse(exchange);
  const frames = streamConverse(frame, answer, exchange.signal);
  return sendEvents(exchange, answer, frames, 'application/vnd.amazon.eventstream');
}

async function converse(exchange: Exchange): Promise<{ frame: ConverseFrame; answer: Answer }> {
  const request = parseBody(converseRequest, exchange.body, wordUnknown);
  const model = requireBedrockModel(exchange.pathModel ?? '', 'text');
  checkConverse(request, model);
  const prompt = readPrompt(request);
  const frame = {
    occasion: JSON.stringify(prompt.messages),
    tellsStopSequence: request.additionalModelResponseFieldPaths?.includes('/stop_sequence') === true,
  };
  return { frame, answer: createAnswer(prompt, model, exchange.prefixCache) };
}
