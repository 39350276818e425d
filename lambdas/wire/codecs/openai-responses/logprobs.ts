import type { ResponseOutputText } from 'openai/resources/responses/responses';
import type { TokenLogprob } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';

export type Logprob = ResponseOutputText.Logprob;

export function writeLogprob({ token, logprob, bytes, alternatives }: TokenLogprob): Logprob {
  return {
    token,
    logprob,
    bytes: [...(bytes ?? [])],
    top_logprobs: alternatives.map((other) => ({
      token: other.token,
      logprob: other.logprob,
      bytes: [...(other.bytes ?? [])],
    })),
  };
}

export function readLogprobs(value: unknown): readonly TokenLogprob[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry) => {
    const chosen = readToken(entry);
    if (chosen === undefined) return [];
    const top = isObject(entry) && Array.isArray(entry['top_logprobs']) ? entry['top_logprobs'] : [];
    return { ...chosen, alternatives: top.flatMap((other) => readToken(other) ?? []) };
  });
}

function readToken(value: unknown): Omit<TokenLogprob, 'alternatives'> | undefined {
  if (!isObject(value) || typeof value['token'] !== 'string' || typeof value['logprob'] !== 'number') return undefined;
  const { token, logprob, bytes } = value;
  const numbers = Array.isArray(bytes) && bytes.length > 0 && bytes.every((byte) => typeof byte === 'number');
  return { token, logprob, ...(numbers && { bytes }) };
}
