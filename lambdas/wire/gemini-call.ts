import { invalid, requireModel } from './json-fields.ts';
import type { RequestCall } from './protocol.ts';

/** What conversations are called by, answered or counted. */
export const conversationMethods = ['generateContent', 'streamGenerateContent', 'countTokens'] as const;

/** The model's own name may hold slashes and colons, so only the last colon separates the method. */
const callPath = /^\/v1(?:beta|alpha)?\/(?:models\/)?([^?#]*[^?#/]):(\w+)$/;

/** @throws WireError when the path names no model, or none of these methods. */
export function readGeminiCall<Method extends string>(
  { path }: RequestCall,
  methods: readonly Method[],
): { readonly model: string; readonly method: Method } {
  const [, model = '', name] = callPath.exec(path) ?? [];
  const method = methods.find((one) => one === name);
  if (method === undefined) throw invalid('model', `must stand in the path: /v1beta/models/{model}:${methods[0]}`);
  return { model: requireModel({ model: decoded(model) }), method };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('model', 'must be percent-encoded UTF-8');
  }
}
