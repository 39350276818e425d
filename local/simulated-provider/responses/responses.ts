import { createAnswer } from '../answer.ts';
import { type Exchange, sendEvents, sendWhole } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { checkInput, checkStored, encryptReasoning, requireReasoning } from './check-items.ts';
import { planItems } from './output-items.ts';
import { readPrompt } from './read-prompt.ts';
import { responsesRequest } from './request.ts';
import { buildResponse, createFrame } from './response-answer.ts';
import { streamResponse } from './stream-response.ts';

/** `POST /v1/responses`, as OpenAI answers it; nothing is stored. */
export async function answerResponses(exchange: Exchange): Promise<void> {
  const request = parseBody(responsesRequest, exchange.body);
  checkInput(request);
  checkStored(request);
  const model = requireModel(request.model, 'text');
  requireReasoning(request, model);

  const prompt = readPrompt(request);
  const answer = createAnswer(prompt, model, exchange.prefixCache);
  const include = request.include ?? [];
  const frame = createFrame(request, {
    summary: typeof request.reasoning?.summary === 'string',
    ...(include.includes('reasoning.encrypted_content') && {
      encryptedContent: encryptReasoning(JSON.stringify(prompt.messages)),
    }),
    logprobs: include.includes('message.output_text.logprobs') ? (request.top_logprobs ?? 0) : undefined,
  });
  return request.stream
    ? sendEvents(exchange, answer, streamResponse(frame, answer, exchange.signal))
    : sendWhole(exchange, answer, buildResponse(frame, answer, planItems(answer)));
}
