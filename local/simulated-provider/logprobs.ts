import { createHash } from 'node:crypto';

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
}

/** A log probability for a token of the answer, the same for the same token. */
export function weighToken(token: string): TokenLogprob {
  const [byte = 0] = createHash('sha256').update(token).digest();
  return { token, logprob: -byte / 256 };
}

/** The token itself and others that could have stood there, the likeliest first. */
export function listAlternatives(token: string, count: number): TokenLogprob[] {
  const { logprob } = weighToken(token);
  return Array.from({ length: count }, (_, index) => ({
    token: index === 0 ? token : `${token}~${index}`,
    logprob: logprob - index,
  }));
}

/** OpenAI's form, of chat completions and of responses. */
export function describeTokens(tokens: readonly string[], alternatives: number): object[] {
  const withBytes = (each: TokenLogprob) => ({ ...each, bytes: [...Buffer.from(each.token)] });
  return tokens.map((token) => ({
    ...withBytes(weighToken(token)),
    top_logprobs: listAlternatives(token, alternatives).map(withBytes),
  }));
}
