import type { ProtocolName } from '../../protocol-name.ts';
import { bedrockEmbeddingsCodec } from './bedrock.ts';
import type { EmbeddingsClientCodec, EmbeddingsUpstreamCodec } from './codec.ts';
import { cohereEmbeddingsCodec } from './cohere.ts';
import { geminiEmbeddingsCodec } from './gemini.ts';
import { openaiEmbeddingsCodec } from './openai.ts';
import { voyageEmbeddingsCodec } from './voyage.ts';

/** By the protocol's name: what clients may speak, and what providers do. */
export const embeddingsCodecs = {
  clients: byName<EmbeddingsClientCodec>([openaiEmbeddingsCodec, geminiEmbeddingsCodec]),
  upstreams: byName<EmbeddingsUpstreamCodec>([
    openaiEmbeddingsCodec,
    geminiEmbeddingsCodec,
    cohereEmbeddingsCodec,
    voyageEmbeddingsCodec,
    bedrockEmbeddingsCodec,
  ]),
};

function byName<Codec extends { readonly name: ProtocolName }>(
  codecs: readonly Codec[],
): ReadonlyMap<ProtocolName, Codec> {
  return new Map(codecs.map((codec) => [codec.name, codec]));
}
