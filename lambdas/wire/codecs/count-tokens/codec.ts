import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';
import type { ProtocolName } from '../../protocol-name.ts';

/** A way to have the tokens of a request counted, as clients and as providers speak it. Pure functions; nothing streams. */
export interface CountTokensCodec {
  readonly name: ProtocolName;
  /** @throws WireError `invalid_request` naming the JSON path of what is malformed. */
  decodeRequest(fields: Readonly<Record<string, unknown>>): CanonicalRequest;
  /** The body for the provider: of what a request for an answer would hold, the members that are counted. */
  encodeCount(request: CanonicalRequest, target: EncodingTarget, losses: Losses): object;
  /** The count; `undefined` when the value is no answer of this protocol. */
  decodeCount(value: unknown): number | undefined;
  /** The document a client gets. */
  encodeCountResponse(tokens: number): object;
}

/** Of a body, the members that the counting endpoint takes too. */
export function pickMembers(body: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)));
}

/** What only shapes how an answer is sampled: no count depends on it, so it is not refused for what the target lacks. */
export function withoutSampling(request: CanonicalRequest): CanonicalRequest {
  return { ...request, stream: false, sampling: {} };
}

/** A cap is no input; as one of an answer it may be too small for what the request asks. */
export function withoutCap(target: EncodingTarget): EncodingTarget {
  return { ...target, maxOutputTokens: undefined };
}
