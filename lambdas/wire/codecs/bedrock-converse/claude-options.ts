import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import { encodeSampling } from '../anthropic-messages/encode-sampling.ts';
import { adaptSchema } from '../anthropic-messages/output-schema.ts';
import { decideThinking } from '../anthropic-messages/thinking.ts';
import type { ModelOptions } from './model-options.ts';
import { encodeTextFormat } from './text-format.ts';

/** Where neither caller nor catalog knows better: what every Claude model in service can give. */
const defaultMaxTokens = 8192;

/**
 * Claude is the same model as at Anthropic and takes the same; Converse has its own places for a part of it and hands on the rest.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
 */
export function encodeClaudeOptions(
  request: CanonicalRequest,
  target: EncodingTarget,
  forcedToolCall: boolean,
  losses: Losses,
): ModelOptions {
  const maxTokens = target.maxOutputTokens ?? target.modelMaxOutputTokens ?? defaultMaxTokens;
  const thinking = decideThinking(request, { target, maxTokens, forcedToolCall }, losses);
  const adjustable = target.capabilities?.sampling !== false;
  const sampling = encodeSampling(request.sampling, { adjustable, thinking: thinking.state === 'on', losses });
  const { temperature, top_p: topP, top_k: topK, stop_sequences: stopSequences } = sampling as Record<string, unknown>;
  // A budget of thinking has to fit into a cap, so that is said too.
  const cap = thinking.state === 'on' ? maxTokens : target.maxOutputTokens;
  return {
    inferenceConfig: {
      ...(cap !== undefined && { maxTokens: cap }),
      ...(temperature !== undefined && { temperature }),
      ...(topP !== undefined && { topP }),
      ...(stopSequences !== undefined && { stopSequences }),
    },
    additionalModelRequestFields: {
      ...(thinking.config !== undefined && { thinking: thinking.config }),
      ...(topK !== undefined && { top_k: topK }),
    },
    outputConfig: {
      ...encodeTextFormat(request.outputFormat, target, losses, adaptSchema),
      ...(thinking.effort !== undefined && { effort: thinking.effort }),
    },
    thoughts: thinking.state !== 'off',
  };
}
