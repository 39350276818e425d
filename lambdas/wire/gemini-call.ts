import { invalid, requireModel } from './json-fields.ts';
import type { RequestCall } from './protocol.ts';

export type GeminiMethod = 'generateContent' | 'streamGenerateContent' | 'countTokens';

/** The model's own name may hold slashes and colons, so only the last colon separates the method. */
const callPath =
  /^\/v1(?:beta|alpha)?\/(?:models\/)?([^?#]*[^?#/]):(generateContent|streamGenerateContent|countTokens)$/;

/** @throws WireError when the path names no model. */
export function readGeminiCall({ path }: RequestCall): { readonly model: string; readonly method: GeminiMethod } {
  const [, model = '', method] = callPath.exec(path) ?? [];
  if (method === undefined) throw invalid('model', 'must stand in the path: /v1beta/models/{model}:generateContent');
  return { model: requireModel({ model: decoded(model) }), method: method as GeminiMethod };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('model', 'must be percent-encoded UTF-8');
  }
}
