import type { GatewayRequest } from '../http/gateway-request.ts';
import { translationTarget } from '../routing/build-upstream-request.ts';
import { isPassedThrough, type Target } from '../routing/target.ts';
import { carriesStates } from '../wire/carried-state.ts';
import type { InputSize } from '../wire/input-size.ts';
import type { JsonBody } from '../wire/json-body.ts';
import type { RequestFacts, WireProtocol } from '../wire/protocol.ts';
import type { Translation, TranslationSource } from '../wire/translation/translation.ts';
import { isWireError, type WireError } from '../wire/wire-error.ts';
import { passedSize } from './token-bound.ts';

/** With this header set to `true`, options that a target does not have are left out rather than refused. */
const dropUnsupportedHeader = 'x-gatehouse-drop-unsupported';

/** Of a request's targets those that can take it, and what they are sent. */
export interface Takers {
  readonly targets: readonly Target[];
  /** For targets of the caller's own protocol. */
  readonly body: JsonBody;
  /** For the others; there where one of them is. */
  readonly translation: Translation | undefined;
  /** How much input each of them is sent. */
  readonly sizes: ReadonlyMap<Target, InputSize>;
  /** Under a lower cap on output one of them would not take the request. */
  readonly minOutputTokens: number;
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
  const carrying = body.contentType === undefined && carriesStates(body);
  const allPass = targets.every((target) => isPassedThrough(target, protocol));
  if (allPass && !carrying) return passing(parsed, body, targets);
  // oxlint-disable-next-line no-restricted-imports -- the one place where it is loaded
  const { createTranslation, stripStates } = await import('../wire/translation/translation.ts');
  const passed = carrying ? stripStates(body) : body;
  if (allPass) return passing(parsed, passed, targets);
  const translation = createTranslation(sourceOf(protocol, parsed));
  const sizes = new Map<Target, InputSize>();
  let { minOutputTokens } = facts;
  let refusal: WireError | undefined;
  for (const target of targets) {
    try {
      if (isPassedThrough(target, protocol)) sizes.set(target, passedSize(body, facts));
      else {
        const size = translation.encode(translationTarget(target, facts.maxOutputTokens)).measure();
        sizes.set(target, size);
        // What it takes with the caller's own cap it does not refuse for that.
        const fewest = Math.min(size.minOutputTokens, facts.maxOutputTokens ?? Infinity);
        minOutputTokens = Math.max(minOutputTokens, fewest);
      }
    } catch (error) {
      if (!isWireError(error)) throw error;
      refusal ??= error;
    }
  }
  if (sizes.size === 0 && refusal !== undefined) throw refusal;
  return { targets: targets.filter((target) => sizes.has(target)), body: passed, translation, sizes, minOutputTokens };
}

function passing({ body, facts }: Parsed, passed: JsonBody, targets: readonly Target[]): Takers {
  const size = passedSize(body, facts);
  const sizes = new Map(targets.map((target) => [target, size]));
  return { targets, body: passed, translation: undefined, sizes, minOutputTokens: facts.minOutputTokens };
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
