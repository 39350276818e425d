import type { OpaqueState } from '../../canonical/opaque.ts';
import type { Fields } from '../../canonical/read.ts';
import type { ReasoningPart, RedactedReasoningPart } from '../../canonical/request.ts';
import { readReasoningDetail } from './reasoning-details.ts';

/**
 * The reasoning of a message. Clients that read a stream keep its pieces as they came, so texts of one index are joined up to the
 * state that ends them.
 *
 * @param path The message's, where it is a client's.
 */
export function joinReasoningDetails(
  entries: readonly Fields[],
  path?: string,
): { parts: readonly (ReasoningPart | RedactedReasoningPart)[]; stateOfText: OpaqueState | undefined } {
  const parts: (ReasoningPart | RedactedReasoningPart)[] = [];
  let stateOfText: OpaqueState | undefined;
  /** Of the last part, while its state has not come. */
  let openIndex: number | undefined;
  for (const [at, entry] of entries.entries()) {
    const detail = readReasoningDetail(entry);
    const place = path === undefined ? {} : { path: `${path}.reasoning_details[${at}]` };
    if (detail?.kind === 'state-of-text') stateOfText = detail.state;
    else if (detail?.kind === 'redacted') {
      parts.push({ type: 'redacted-reasoning', state: detail.state, ...place });
      openIndex = undefined;
    } else if (detail !== undefined) {
      const { text, state, index } = detail;
      const last = parts.at(-1);
      const continues = last?.type === 'reasoning' && openIndex !== undefined && openIndex === index;
      if (continues) parts[parts.length - 1] = { ...last, text: last.text + text, ...(state && { state }) };
      else parts.push({ type: 'reasoning', text, ...(state && { state }), ...place });
      openIndex = state === undefined ? index : undefined;
    }
  }
  return { parts, stateOfText };
}
