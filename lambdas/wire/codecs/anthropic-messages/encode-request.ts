import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import { encodeConversation } from './encode-conversation.ts';
import { encodeSampling } from './encode-sampling.ts';
import { encodeTools } from './encode-tools.ts';
import { adaptSchema } from './output-schema.ts';
import { decideThinking } from './thinking.ts';

/** Where neither caller nor catalog knows better: what every Claude model in service can give. */
const defaultMaxTokens = 8192;

export function encodeRequest(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const maxTokens = target.maxOutputTokens ?? target.modelMaxOutputTokens ?? defaultMaxTokens;
  const tools = encodeTools(request, target, losses);
  const thinking = decideThinking(request, { target, maxTokens, forcedToolCall: tools.forced }, losses);
  const outputConfig = {
    ...(thinking.effort !== undefined && { effort: thinking.effort }),
    ...encodeOutputFormat(request, target, losses),
  };
  return {
    model: target.model,
    max_tokens: maxTokens,
    ...(request.stream && { stream: true }),
    ...encodeConversation(request.messages, {
      losses,
      takes: target.capabilities?.input,
      thoughts: thinking.state !== 'off',
    }),
    ...tools.members,
    ...(thinking.config !== undefined && { thinking: thinking.config }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...encodeSampling(request.sampling, {
      adjustable: target.capabilities?.sampling !== false,
      thinking: thinking.state === 'on',
      losses,
    }),
    ...(request.endUser !== undefined && { metadata: { user_id: request.endUser } }),
  };
}

/** A name for the schema has no place here; what is not part of the schema is its description. */
function encodeOutputFormat({ outputFormat }: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  if (outputFormat === undefined) return {};
  const path = outputFormat.path ?? 'response_format';
  if (outputFormat.kind === 'json') {
    losses.drop(path, 'it gives JSON by a schema only; send one');
    return {};
  }
  if (target.capabilities?.structuredOutput === false) {
    losses.drop(path, 'the model cannot be held to a schema');
    return {};
  }
  const { description, schema } = outputFormat;
  const adapted = adaptSchema(description === undefined ? schema : { description, ...schema });
  for (const problem of adapted.problems) losses.drop(path, problem);
  return adapted.problems.length > 0 ? {} : { format: { type: 'json_schema', schema: adapted.schema } };
}
