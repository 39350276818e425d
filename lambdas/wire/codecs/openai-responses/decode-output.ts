import type { AssistantPart } from '../../canonical/request.ts';
import { isObject } from '../../json-fields.ts';
import { readAnnotations } from './citations.ts';
import { writeCustomArguments } from './custom-tools.ts';
import { madeImage } from './images.ts';
import { readReasoning } from './reasoning.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One item of an answer. Items of tools that the provider runs itself say nothing that a client could act on. */
export function decodeOutputItem(value: unknown): readonly AssistantPart[] {
  if (!isObject(value)) return [];
  switch (value['type']) {
    case 'message':
      return Array.isArray(value['content']) ? value['content'].filter(isObject).flatMap(decodePart) : [];
    case 'reasoning':
      return decodeReasoning(value);
    case 'function_call':
      return [decodeCall(value, text(value['arguments']))];
    case 'custom_tool_call':
      return [decodeCall(value, writeCustomArguments(text(value['input'])))];
    case 'image_generation_call': {
      const result = text(value['result']);
      return result === '' ? [] : [madeImage(result, value['output_format'])];
    }
    default:
      return [];
  }
}

function decodePart(part: Fields): readonly AssistantPart[] {
  if (part['type'] === 'refusal') return [{ type: 'refusal', text: text(part['refusal']) }];
  if (part['type'] !== 'output_text') return [];
  const citations = readAnnotations(part['annotations']);
  return [{ type: 'text', text: text(part['text']), ...(citations.length > 0 && { citations }) }];
}

function decodeReasoning(item: Fields): readonly AssistantPart[] {
  const part = readReasoning(wellFormed(item), '');
  if (part === undefined) return [];
  const { path: _, ...rest } = part;
  return [rest];
}

/** `readReasoning` refuses what a client must not send; a provider is read as far as it can be. */
function wellFormed({ summary, content, encrypted_content: encrypted }: Fields): Fields {
  return {
    summary: textsOf(summary),
    content: textsOf(content),
    encrypted_content: typeof encrypted === 'string' ? encrypted : undefined,
  };
}

function textsOf(parts: unknown): readonly unknown[] {
  return Array.isArray(parts) ? parts.filter((part) => isObject(part) && typeof part['text'] === 'string') : [];
}

function decodeCall({ call_id: id, name }: Fields, written: string): AssistantPart {
  return { type: 'tool-call', id: text(id), name: text(name), arguments: written === '' ? '{}' : written };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
