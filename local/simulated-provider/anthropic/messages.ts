import { randomUUID } from 'node:crypto';
import { createAnswer } from '../answer.ts';
import { type Exchange, sendEvents, sendWhole } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { Refusal } from '../refusal.ts';
import { checkMessagesRequest, joinTurns } from './check-messages.ts';
import { requireThinking } from './check-thinking.ts';
import { buildMessage, type MessageFrame, streamMessage } from './message-answer.ts';
import { messagesRequest, wordUnknown } from './messages-request.ts';
import { readPrompt } from './read-prompt.ts';

/** `POST /v1/messages`, as Anthropic answers it. */
export async function answerMessage(exchange: Exchange): Promise<void> {
  requireVersion(exchange);
  const request = parseBody(messagesRequest, exchange.body, wordUnknown);
  checkMessagesRequest(request);
  const model = requireModel(request.model, 'text');
  requireThinking(joinTurns(request.messages), request, model);

  const prompt = readPrompt(request);
  const answer = createAnswer(prompt, model, exchange.prefixCache);
  const { thinking } = request;
  const frame: MessageFrame = {
    message: { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model: model.name },
    occasion: JSON.stringify(prompt.messages),
    thinking: thinking?.type === 'disabled' ? 'off' : (thinking?.display ?? 'summarized'),
  };
  return request.stream
    ? sendEvents(exchange, answer, streamMessage(frame, answer, exchange.signal))
    : sendWhole(exchange, answer, buildMessage(frame, answer));
}

export function requireVersion({ headers }: Exchange): void {
  if (headers['anthropic-version'] !== undefined) return;
  throw new Refusal('invalid-request', 'anthropic-version: header is required');
}
