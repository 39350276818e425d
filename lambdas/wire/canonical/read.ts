import { invalid, isObject } from '../json-fields.ts';
import type { JsonSchema, MediaSource } from './request.ts';

/**
 * Readers of a request's members by JSON path, for decoders. `null` means absent, as in every provider's API; each throws a
 * WireError that names the path.
 */

export type Fields = Readonly<Record<string, unknown>>;

export function requireObject(value: unknown, path: string): Fields {
  if (!isObject(value)) throw invalid(path, isAbsent(value) ? 'is required' : 'must be an object');
  return value;
}

export function optionalObject(value: unknown, path: string): Fields | undefined {
  return isAbsent(value) ? undefined : requireObject(value, path);
}

export function requireList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(path, isAbsent(value) ? 'is required' : 'must be an array');
  return value;
}

/** An empty array counts as absent. */
export function optionalList(value: unknown, path: string): readonly unknown[] {
  return isAbsent(value) ? [] : requireList(value, path);
}

export function requireText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, isAbsent(value) ? 'is required' : 'must be a string');
  return value;
}

export function optionalText(value: unknown, path: string): string | undefined {
  return isAbsent(value) ? undefined : requireText(value, path);
}

export function optionalNumber(value: unknown, path: string): number | undefined {
  if (isAbsent(value)) return undefined;
  // JSON has larger numbers than a double; what they become has no JSON.
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(path, 'must be a number');
  return value;
}

export function optionalBoolean(value: unknown, path: string): boolean | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'boolean') throw invalid(path, 'must be true or false');
  return value;
}

/** A JSON Schema document; what is inside is checked by whoever has to adapt it. */
export function optionalSchema(value: unknown, path: string): JsonSchema | undefined {
  return optionalObject(value, path);
}

/** A tool's name, as every provider restricts it (128 characters at Anthropic, 64 elsewhere). */
export function requireToolName(value: unknown, path: string): string {
  const name = requireText(value, path);
  if (!/^[\w.:-]{1,128}$/.test(name)) {
    throw invalid(path, 'must be 1 to 128 letters, digits, underscores, hyphens, dots or colons');
  }
  return name;
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** `{ name: value }`, or nothing where the value is absent: keeps optional members out of canonical objects. */
export function given<Name extends string, Value>(name: Name, value: Value | undefined): { [name in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value };
}

/** What a URL member points at: a data URL is content, everything else a reference that the provider fetches. */
export function readMediaUrl(url: string, path: string): Extract<MediaSource, { kind: 'base64' | 'url' }> {
  if (!/^data:/i.test(url)) {
    if (!/^(?:https?|gs|s3):\/\//i.test(url)) throw invalid(path, 'must be a data URL or an http(s) URL');
    return { kind: 'url', url };
  }
  const comma = url.indexOf(',');
  const header = comma === -1 ? '' : url.slice('data:'.length, comma);
  const [mediaType = '', ...parameters] = header.split(';');
  if (mediaType === '' || parameters.at(-1)?.trim().toLowerCase() !== 'base64') {
    throw invalid(path, 'must be a data URL of the form data:<media type>;base64,<data>');
  }
  return { kind: 'base64', mediaType: mediaType.trim().toLowerCase(), data: url.slice(comma + 1) };
}

/** Reverses `readMediaUrl`. */
export function writeMediaUrl(source: Extract<MediaSource, { kind: 'base64' | 'url' }>): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
}
