import { countInputTokens } from '../count-usage.ts';
import { type Exchange, sendJson } from '../exchange.ts';
import { parseBody } from '../json.ts';
import { requireModel } from '../models.ts';
import { refuse } from '../refusal.ts';
import { checkGenerateContent } from './check-contents.ts';
import { toCamelCase, wordUnknown } from './field-names.ts';
import { readMessages } from './read-prompt.ts';
import { countTokensRequest } from './request.ts';

/** `POST /v1beta/models/{model}:countTokens`, as Google answers it: contents alone, or a whole request. */
export async function answerGeminiCountTokens(exchange: Exchange): Promise<void> {
  const { contents, generateContentRequest: whole } = parseBody(
    countTokensRequest,
    toCamelCase(exchange.body),
    wordUnknown,
  );
  const model = requireModel(exchange.pathModel ?? '', 'text');
  if (contents !== undefined && whole !== undefined) {
    refuse('contents', 'contents and generate_content_request cannot both be set.');
  }
  const request = whole ?? {
    contents: contents ?? refuse('contents', '* CountTokensRequest.contents: contents is not specified'),
  };
  checkGenerateContent(request, model);
  const totalTokens = model.parameters.input ?? countInputTokens(readMessages(request).map(({ text }) => text));
  const promptTokensDetails = [{ modality: 'TEXT', tokenCount: totalTokens }];
  sendJson(exchange.response, 200, { totalTokens, promptTokensDetails });
}
