import type { OpaqueState } from '../../canonical/opaque.ts';
import type { AssistantPart } from '../../canonical/request.ts';
import { writeThoughtSignature } from './thought-signature.ts';

/** A part of the model's content. https://ai.google.dev/api/caching#Part */
export type GeminiPart = Readonly<Record<string, unknown>>;

/** `undefined` where the arguments are no JSON object, which the protocol cannot carry. */
export function writeAnswerPart(part: AssistantPart): GeminiPart | undefined {
  switch (part.type) {
    case 'text':
      return { text: part.text, ...signature(part.state) };
    case 'refusal':
      return { text: part.text };
    case 'reasoning':
      return { text: part.text, thought: true, ...signature(part.state) };
    case 'redacted-reasoning':
      return { thought: true, ...signature(part.state) };
    case 'tool-call':
      return writeFunctionCall(part);
    case 'image':
      return part.source.kind === 'base64'
        ? { inlineData: { mimeType: part.source.mediaType, data: part.source.data } }
        : { fileData: { fileUri: part.source.kind === 'url' ? part.source.url : part.source.id } };
  }
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly state?: OpaqueState;
}

/** A call comes as a whole: the protocol has no pieces of arguments. */
export function writeFunctionCall(call: Call): GeminiPart | undefined {
  const args = parseArguments(call.arguments);
  if (args === undefined) return undefined;
  return { functionCall: { id: call.id, name: call.name, args }, ...signature(call.state) };
}

/** `undefined` for anything but an object. */
export function parseArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
    const isArguments = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isArguments ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function signature(state: OpaqueState | undefined): { thoughtSignature?: string } {
  return state === undefined ? {} : { thoughtSignature: writeThoughtSignature(state) };
}
