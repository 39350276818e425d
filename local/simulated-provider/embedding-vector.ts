import { createHash } from 'node:crypto';

/** A text, or the tokens of one. */
export type EmbeddingInput = string | readonly number[];

const defaultDimensions = 1536;

/**
 * A unit vector; SHAKE gives as many bytes as it needs, and the same first ones for fewer dimensions. The same input always
 * gets the same vector; close texts are not close.
 */
export function embed(input: EmbeddingInput, dimensions: number = defaultDimensions): Float32Array {
  const bytes = createHash('shake256', { outputLength: dimensions * 4 })
    .update(JSON.stringify(input))
    .digest();
  // Odd integers only, so that no vector is all zeros.
  const raw = Array.from({ length: dimensions }, (_, index) => bytes.readInt32LE(index * 4) | 1);
  const length = Math.hypot(...raw);
  return Float32Array.from(raw, (value) => value / length);
}

/** Little-endian, as every vendor that offers base64 sends it. */
export function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString('base64');
}
