import type { TokenLogprob } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';

/** Lenient: an entry that is none is left out. The tokens of a refusal come in a list of their own. */
export function readLogprobs(value: unknown): readonly TokenLogprob[] {
  if (!isObject(value)) return [];
  return [value['content'], value['refusal']]
    .flatMap((list) => entriesOf(list))
    .flatMap((entry) => {
      const token = readToken(entry);
      if (token === undefined) return [];
      const alternatives = isObject(entry)
        ? entriesOf(entry['top_logprobs']).flatMap((each) => readToken(each) ?? [])
        : [];
      return [{ ...token, alternatives }];
    });
}

export function writeLogprobs(logprobs: readonly TokenLogprob[]): object {
  return {
    content: logprobs.map(({ alternatives, ...token }) => ({
      ...writeToken(token),
      top_logprobs: alternatives.map(writeToken),
    })),
    refusal: null,
  };
}

type Token = Omit<TokenLogprob, 'alternatives'>;

function readToken(value: unknown): Token | undefined {
  if (!isObject(value) || typeof value['token'] !== 'string' || typeof value['logprob'] !== 'number') return undefined;
  const { token, logprob, bytes } = value;
  return { token, logprob, ...(isBytes(bytes) && { bytes }) };
}

function writeToken({ token, logprob, bytes }: Token): object {
  return { token, logprob, bytes: bytes ?? null };
}

function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isBytes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((byte) => typeof byte === 'number');
}
