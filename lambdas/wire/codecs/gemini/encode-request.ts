import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest, TextPart } from '../../canonical/request.ts';
import { toTurns } from '../../canonical/turns.ts';
import { encodeConfig } from './encode-config.ts';
import { encodeContents } from './encode-contents.ts';
import { encodeTools } from './encode-tools.ts';

/**
 * The model and the method are in the URL. Left out, since Gemini has nothing of the kind: cache markers (it caches by itself),
 * citations of earlier answers, and the end user's id. https://ai.google.dev/api/generate-content#request-body
 */
export function encodeRequest(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object {
  const capabilities = target.capabilities ?? {};
  const { system, turns } = toTurns(request.messages);
  return {
    ...encodeSystem(system),
    contents: encodeContents(turns, { losses, capabilities }),
    ...encodeTools(request, capabilities, losses),
    ...encodeConfig(request, target, losses),
  };
}

function encodeSystem(system: readonly TextPart[]): object {
  const parts = system.filter(({ text }) => text !== '').map(({ text }) => ({ text }));
  return parts.length === 0 ? {} : { systemInstruction: { parts } };
}
