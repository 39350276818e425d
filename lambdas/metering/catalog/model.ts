import type { ModelCapabilities } from '../../wire/canonical/codec.ts';
import type { ProtocolName } from '../../wire/protocol-name.ts';
import type { Price } from '../price.ts';

/** One row of the model catalog: what a model is and costs, with the page and day the figures were read. */
export interface CatalogModel {
  /** The model's id as the provider's API takes it. */
  readonly id: string;
  /** Protocols this model answers on; default: every chat protocol of its provider. */
  readonly protocols?: readonly ProtocolName[];
  /** Input and output together, in tokens. Bounds the input hold. */
  readonly contextTokens: number;
  /** Most output tokens of one answer, reasoning included. 0 for what generates nothing: embeddings, rerank. */
  readonly maxOutputTokens: number;
  readonly price: Price;
  /** What it takes and can. Absent, or a member absent: nobody has said, and nothing is refused for it. */
  readonly capabilities?: ModelCapabilities;
}

/** A provider's models. `source` is the provider's own price page, `asOf` the day it was read (ISO date). */
export interface ProviderCatalog {
  readonly source: string;
  readonly asOf: string;
  readonly models: readonly CatalogModel[];
}
