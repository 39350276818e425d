import type { GatewayRequest } from '../http/gateway-request.ts';
import { translationTarget } from '../routing/build-upstream-request.ts';
import { isPassedThrough, type Target } from '../routing/target.ts';
import { carriesStates } from '../wire/carried-state.ts';
import type { JsonBody } from '../wire/json-body.ts';
import type { RequestFacts, WireProtocol } from '../wire/protocol.ts';
import type { Translation, TranslationSource } from '../wire/translation/translation.ts';
import { isWireError, type WireError } from '../wire/wire-error.ts';

/** With this header set to `true`, options that a target does not have are left out rather than refused. */
export const dropUnsupportedHeader = 'x-gatehouse-drop-unsupported';

/** Of a request's targets those that can take it, and what they are sent. */
export interface Takers {
  readonly targets: readonly Target[];
  /** For targets of the caller's own protocol. */
  readonly body: JsonBody;
  /** For the others; there where one of them is. */
  readonly translation: Translation | undefined;
}

interface Parsed {
  readonly request: GatewayRequest;
  readonly body: JsonBody;
  readonly facts: RequestFacts;
}

/**
 * Leaves out targets whose protocol cannot express what the request asks for, while another can. Decided before anything is
 * reserved or sent. The translation code is loaded by the first request of the process that needs it.
 *
 * @throws WireError of the first target, where none can take it.
 */
export async function findTakers(protocol: WireProtocol, parsed: Parsed, targets: readonly Target[]): Promise<Takers> {
  const { body, facts } = parsed;
  const carrying = carriesStates(body);
  const allPass = targets.every((target) => isPassedThrough(target, protocol));
  if (allPass && !carrying) return { targets, body, translation: undefined };
  const { createTranslation, stripStates } = await import('../wire/translation/translation.ts');
  const passed = carrying ? stripStates(body) : body;
  if (allPass) return { targets, body: passed, translation: undefined };
  const translation = createTranslation(sourceOf(protocol, parsed));
  const takers: Target[] = [];
  let refusal: WireError | undefined;
  for (const target of targets) {
    try {
      if (!isPassedThrough(target, protocol)) translation.encode(translationTarget(target, facts.maxOutputTokens));
      takers.push(target);
    } catch (error) {
      if (!isWireError(error)) throw error;
      refusal ??= error;
    }
  }
  if (takers.length === 0 && refusal !== undefined) throw refusal;
  return { targets: takers, body: passed, translation };
}

function sourceOf(protocol: WireProtocol, { request, body, facts }: Parsed): TranslationSource {
  return {
    client: protocol.name,
    fields: body.value,
    stream: facts.stream,
    dropUnsupported: request.headers[dropUnsupportedHeader] === 'true',
    context: {
      requestId: request.id,
      createdAt: Math.floor(request.receivedAt / 1000),
      includeUsage: facts.wantsStreamUsage,
    },
  };
}
