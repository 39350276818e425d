import type { Price } from '../metering/price.ts';
import type { Provider } from '../providers/provider.ts';
import type { CredentialReference, TimeoutPolicy } from '../store/policy.ts';
import type { ModelCapabilities } from '../wire/canonical/codec.ts';
import type { ProtocolName } from '../wire/protocol-name.ts';
import type { WireProtocol } from '../wire/protocol.ts';

/** One place a request may be sent to: provider, model, credential and price. */
export interface Target {
  readonly provider: Provider;
  /** The model's id as this provider takes it. */
  readonly model: string;
  /** What is spoken with it: the client's own protocol where the provider has it, else one that the request is translated to. */
  readonly protocol: ProtocolName;
  readonly capabilities?: ModelCapabilities | undefined;
  readonly price: Price;
  /** Absent where the provider needs none. */
  readonly credential: CredentialReference | undefined;
  /** Input and output together; absent where nobody declared it. */
  readonly contextTokens: number | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly timeouts: TimeoutPolicy;
  /** Further attempts at this target after a retryable failure. */
  readonly retries: number;
}

/** Whether the caller's bytes go to this target as they are. */
export function isPassedThrough({ protocol }: Target, spoken: WireProtocol): boolean {
  return protocol === spoken.name && spoken.alwaysTranslated !== true;
}
