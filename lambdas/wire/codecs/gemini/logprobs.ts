import type { TokenLogprob } from '../../canonical/response.ts';
import { isObject } from '../../json-fields.ts';

/** https://ai.google.dev/api/generate-content#LogprobsResult: the chosen tokens and, step by step, the likeliest ones. */
export function readLogprobsResult(value: unknown): readonly TokenLogprob[] {
  if (!isObject(value) || !Array.isArray(value['chosenCandidates'])) return [];
  const steps: readonly unknown[] = Array.isArray(value['topCandidates']) ? value['topCandidates'] : [];
  return value['chosenCandidates'].flatMap((chosen: unknown, index) => {
    const token = readToken(chosen);
    if (token === undefined) return [];
    const step = steps[index];
    const top: readonly unknown[] = isObject(step) && Array.isArray(step['candidates']) ? step['candidates'] : [];
    return [{ ...token, alternatives: top.flatMap((candidate) => readToken(candidate) ?? []) }];
  });
}

function readToken(value: unknown): { token: string; logprob: number } | undefined {
  if (!isObject(value) || typeof value['token'] !== 'string') return undefined;
  const logprob = value['logProbability'];
  // Protobuf leaves a zero out of its JSON.
  return { token: value['token'], logprob: typeof logprob === 'number' ? logprob : 0 };
}

export function writeLogprobsResult(logprobs: readonly TokenLogprob[]): object {
  const write = ({ token, logprob }: { token: string; logprob: number }): object => ({
    token,
    logProbability: logprob,
  });
  return {
    chosenCandidates: logprobs.map(write),
    topCandidates: logprobs.map(({ alternatives }) => ({ candidates: alternatives.map(write) })),
  };
}
