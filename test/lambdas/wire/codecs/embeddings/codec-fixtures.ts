import { expect } from 'vitest';
import { createLosses, type Losses } from '../../../../../lambdas/wire/canonical/losses.ts';
import type {
  EmbeddingsClientCodec,
  EmbeddingsUpstreamCodec,
} from '../../../../../lambdas/wire/codecs/embeddings/codec.ts';
import { embeddingsCodecs } from '../../../../../lambdas/wire/codecs/embeddings/embeddings-codecs.ts';
import type { ProtocolName } from '../../../../../lambdas/wire/protocol-name.ts';

export function client(name: ProtocolName): EmbeddingsClientCodec {
  const codec = embeddingsCodecs.clients.get(name);
  if (codec === undefined) throw new Error(`no client codec ${name}`);
  return codec;
}

export function upstream(name: ProtocolName): EmbeddingsUpstreamCodec {
  const codec = embeddingsCodecs.upstreams.get(name);
  if (codec === undefined) throw new Error(`no upstream codec ${name}`);
  return codec;
}

export const strict = (): Losses => createLosses('The provider', { dropping: false });

export const refusal = (param: string): unknown => expect.objectContaining({ code: 'parameter_not_supported', param });

export const usage = (inputTokens: number) => ({
  inputTokens,
  cacheReadInputTokens: 0,
  cacheWrite5mInputTokens: 0,
  cacheWrite1hInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
});
