import { countInputTokens } from '../count-usage.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { checkInput } from './check-items.ts';
import { readMessages } from './read-prompt.ts';
import { inputTokensRequest } from './request.ts';

/** `POST /v1/responses/input_tokens`, as OpenAI answers it. */
export async function answerInputTokens(exchange: Exchange): Promise<void> {
  const request = parseBody(inputTokensRequest, exchange.body);
  checkInput(request);
  const model = requireModel(request.model, 'text');
  const input_tokens = model.parameters.input ?? countInputTokens(readMessages(request).map(({ text }) => text));
  sendJson(exchange.response, 200, { object: 'response.input_tokens', input_tokens });
}
