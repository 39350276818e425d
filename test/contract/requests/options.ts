import { canonicalJson, type Json } from '../seen.ts';

/** What the five protocols call by different names. Members that are `undefined` were not asked for. */
export interface AskedOptions {
  readonly tools?: readonly { readonly name: unknown; readonly description: unknown; readonly schema: unknown }[];
  readonly toolChoice?: string | undefined;
  readonly parallel?: unknown;
  readonly maxTokens?: unknown;
  readonly temperature?: unknown;
  readonly stop?: unknown;
  readonly outputSchema?: unknown;
  readonly reasoning?: boolean;
  readonly stream?: boolean;
}

export function optionLines(asked: AskedOptions): string[] {
  const lines = (asked.tools ?? []).map(
    ({ name, description, schema }) => `tool ${String(name)} (${String(description)}) ${canonicalJson(schema)}`,
  );
  // The default of every protocol where tools are there.
  if (asked.toolChoice !== undefined && asked.toolChoice !== 'auto') lines.push(`tool choice: ${asked.toolChoice}`);
  if (asked.parallel === false) lines.push('one call at a time');
  if (asked.maxTokens !== undefined) lines.push(`max tokens: ${canonicalJson(asked.maxTokens)}`);
  if (asked.temperature !== undefined) lines.push(`temperature: ${canonicalJson(asked.temperature)}`);
  if (asked.stop !== undefined) lines.push(`stop: ${canonicalJson([asked.stop].flat())}`);
  if (asked.outputSchema !== undefined) lines.push(`output schema: ${canonicalJson(asked.outputSchema)}`);
  if (asked.reasoning === true) lines.push('reasoning');
  if (asked.stream === true) lines.push('stream');
  return lines;
}

/** A media type and base64 out of a data URL, which is how OpenAI's protocols carry content. */
export function media(url: string): string {
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  return mediaType === undefined ? url : `${mediaType} ${data}`;
}

export function memberOf(value: unknown, ...names: readonly string[]): unknown {
  let member: unknown = value;
  for (const name of names) member = (member as Json | undefined | null)?.[name];
  return member;
}
