import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, TextPart } from '../../canonical/request.ts';
import { toTurns } from '../../canonical/turns.ts';
import { cachePoint } from './cache-point.ts';
import { encodeClaudeOptions } from './claude-options.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeTools } from './encode-tools.ts';
import { type ModelFamily, modelFamily } from './model-family.ts';
import { encodeOtherOptions } from './other-options.ts';

/**
 * The body of Converse and of ConverseStream; the model and whether it streams are in the URL.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export function encodeRequest(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const family = modelFamily(target);
  const { system, turns } = toTurns(request.messages);
  const systemBlocks = encodeSystem(system, family);
  const tools = encodeTools(request, target, losses);
  const options =
    family === 'claude'
      ? encodeClaudeOptions(request, target, tools.forced, losses)
      : encodeOtherOptions(request, target, family, losses);
  const modelFields = {
    ...options.additionalModelRequestFields,
    ...(tools.modelToolChoice !== undefined && { tool_choice: tools.modelToolChoice }),
  };
  return {
    messages: encodeMessages(turns, { target, thoughts: options.thoughts, losses }),
    ...(systemBlocks.length > 0 && { system: systemBlocks }),
    ...unlessEmpty('inferenceConfig', options.inferenceConfig),
    ...(tools.toolConfig !== undefined && { toolConfig: tools.toolConfig }),
    ...unlessEmpty('outputConfig', options.outputConfig),
    ...unlessEmpty('additionalModelRequestFields', modelFields),
    // Which sequence stopped it is a field of Claude's own.
    ...(family === 'claude' &&
      'stopSequences' in options.inferenceConfig && { additionalModelResponseFieldPaths: ['/stop_sequence'] }),
  };
}

function encodeSystem(system: readonly TextPart[], family: ModelFamily): readonly object[] {
  return system.flatMap(({ text, cache }) => (text.trim() === '' ? [] : [{ text }, ...cachePoint(cache, family)]));
}

function unlessEmpty(name: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}
