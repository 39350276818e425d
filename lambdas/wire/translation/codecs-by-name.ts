import { createLosses, type Losses } from '../canonical/losses.ts';
import type { Untranslated } from '../canonical/request.ts';
import type { ProtocolName } from '../protocol-name.ts';
import type { AnswerTranslation, TranslatedRequest, TranslatedSize, TranslationTarget } from './translation.ts';

/** A lookup that routing keeps from failing: it asks for no protocol without a codec. */
export function codecsByName<Codec extends { readonly name: ProtocolName }>(
  codecs: readonly Codec[],
): (name: ProtocolName) => Codec {
  const known = new Map(codecs.map((codec) => [codec.name, codec]));
  return (name) => {
    const codec = known.get(name);
    if (codec === undefined) throw new TypeError(`there is no codec for ${name}`);
    return codec;
  };
}

interface Encoding {
  readonly encode: (losses: Losses) => object;
  /** Default: of a text. */
  readonly measure?: (body: object) => TranslatedSize;
}

/** Encodes a request; what it loses on the way, its decoder's part included, is refused or listed. @throws WireError */
export function passLosses(
  { untranslated }: { readonly untranslated: readonly Untranslated[] },
  target: TranslationTarget,
  dropping: boolean,
  { encode, measure = measureText }: Encoding,
): TranslatedRequest {
  const losses = createLosses(target.displayName, { dropping });
  for (const { path, reason } of untranslated) losses.drop(path, reason ?? 'it has no equivalent there');
  const value = encode(losses);
  return { value, dropped: losses.dropped, measure: () => measure(value) };
}

/** Of what has no output, and either no attachments or no price. */
function measureText(body: object): TranslatedSize {
  return {
    textBytes: Buffer.byteLength(JSON.stringify(body)),
    attachments: 0,
    attachmentBytes: 0,
    hasReferences: false,
    hasInstructions: false,
    minOutputTokens: 0,
  };
}

/** For kinds of requests that no protocol streams. */
export const neverStreamed: Pick<AnswerTranslation, 'streamContentType' | 'createReader'> = {
  streamContentType: 'text/event-stream',
  createReader() {
    throw new TypeError('answers of this kind never stream');
  },
};
