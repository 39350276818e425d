import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeOutputFormat, encodeReasoningOptions, encodeSampling } from './encode-options.ts';
import { encodeTools } from './encode-tools.ts';

/** For OpenAI and the many vendors that took over its protocol, so with nothing that only OpenAI knows unless it was asked for. */
export function encodeRequest(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const { endUser, stream } = request;
  return {
    model: target.model,
    messages: encodeMessages(request.messages, target, losses),
    ...encodeTools(request, target, losses),
    ...encodeOutputFormat(request.outputFormat, target, losses),
    ...encodeReasoningOptions(request.reasoning, target, losses),
    ...encodeSampling(request.sampling, target, losses),
    ...(target.maxOutputTokens !== undefined && { [target.maxTokensField]: target.maxOutputTokens }),
    ...(endUser !== undefined && target.endUserField !== undefined && { [target.endUserField]: endUser }),
    ...(stream && { stream: true }),
    ...(stream && target.acceptsStreamOptions && { stream_options: { include_usage: true } }),
  };
}
