import type { TokenUsage } from '../../../metering/token-usage.ts';
import { given } from '../../canonical/read.ts';
import { tokenCount } from '../../json-fields.ts';
import type { EmbeddingsResponse, ExpectedAnswer } from './codec.ts';

const bytesPerFloat = 4;

/** Little-endian float32 in base64, which clients ask for to save bytes. Every platform that Node runs on is little-endian. */
export function toBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}

/** `undefined` for what is no vector: nothing, or not a finite number in every place. */
function readVector(value: unknown): readonly number[] | undefined {
  const vector: readonly unknown[] = typeof value === 'string' ? fromBase64(value) : Array.isArray(value) ? value : [];
  return vector.length > 0 && vector.every(Number.isFinite) ? (vector as readonly number[]) : undefined;
}

function fromBase64(text: string): readonly number[] {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % bytesPerFloat !== 0) return [];
  const vector: number[] = [];
  for (let at = 0; at < bytes.length; at += bytesPerFloat) vector.push(bytes.readFloatLE(at));
  return vector;
}

/** Values that must be vectors, as many as there were inputs. */
export function vectorsResponse(
  values: readonly unknown[],
  { inputs }: ExpectedAnswer,
  about: { readonly model?: unknown; readonly inputTokens?: unknown },
): EmbeddingsResponse | undefined {
  const vectors = values.map(readVector).filter((vector) => vector !== undefined);
  if (vectors.length !== inputs || values.length !== inputs) return undefined;
  const model = typeof about.model === 'string' ? about.model : undefined;
  return { vectors, ...given('model', model), ...given('usage', usageOf(about.inputTokens)) };
}

function usageOf(value: unknown): TokenUsage | undefined {
  const inputTokens = tokenCount(value);
  if (inputTokens === undefined) return undefined;
  return {
    inputTokens,
    cacheReadInputTokens: 0,
    cacheWrite5mInputTokens: 0,
    cacheWrite1hInputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
  };
}
