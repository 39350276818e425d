import { countInputTokens } from '../count-usage.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { checkCountRequest } from './check-messages.ts';
import { countRequest, wordUnknown } from './messages-request.ts';
import { requireVersion } from './messages.ts';
import { readMessages } from './read-prompt.ts';

/** `POST /v1/messages/count_tokens`, as Anthropic answers it. */
export async function answerCountTokens(exchange: Exchange): Promise<void> {
  requireVersion(exchange);
  const request = parseBody(countRequest, exchange.body, wordUnknown);
  checkCountRequest(request);
  const model = requireModel(request.model, 'text');
  const texts = readMessages(request).map(({ text }) => text);
  sendJson(exchange.response, 200, { input_tokens: model.parameters.input ?? countInputTokens(texts) });
}
