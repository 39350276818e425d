import type { ResponseInputItem } from 'openai/resources/responses/responses';
import type { AssistantPart, Message, ToolResultPart, UserPart } from '../../canonical/request.ts';
import { writeAnnotation } from './citations.ts';
import { type Circumstances, encodePart, encodeText, type InputPart } from './encode-media.ts';
import { writeCallId } from './identifiers.ts';

/** An item in the form that needs no id: ids are those of stored items. */
type Item =
  | Exclude<ResponseInputItem, { type: 'reasoning' }>
  | { readonly type: 'message'; readonly role: 'assistant'; readonly content: OutputPart[] }
  | {
      readonly type: 'reasoning';
      readonly summary: { readonly type: 'summary_text'; readonly text: string }[];
      readonly encrypted_content: string;
    };

type OutputPart =
  | {
      readonly type: 'output_text';
      readonly text: string;
      readonly annotations: ReturnType<typeof writeAnnotation>[];
    }
  | { readonly type: 'refusal'; readonly refusal: string };

export function encodeInput(messages: readonly Message[], circumstances: Circumstances): Item[] {
  return messages.flatMap((message): Item[] => {
    switch (message.role) {
      case 'system':
        return [{ type: 'message', role: 'system', content: message.content.map(encodeText) }];
      case 'user':
        return encodeUser(message.content, circumstances);
      case 'assistant':
        return encodeAssistant(message.content, circumstances);
    }
  });
}

function encodeUser(content: readonly UserPart[], circumstances: Circumstances): Item[] {
  const items: Item[] = [];
  let message: InputPart[] | undefined;
  for (const part of content) {
    if (part.type === 'tool-result') {
      items.push(encodeResult(part, circumstances));
      message = undefined;
      continue;
    }
    if (message === undefined) {
      message = [];
      items.push({ type: 'message', role: 'user', content: message });
    }
    message.push(encodePart(part, circumstances));
  }
  return items;
}

function encodeResult({ callId, content, isError }: ToolResultPart, circumstances: Circumstances): Item {
  const type = 'function_call_output';
  const call_id = writeCallId(callId);
  const parts = isError === true ? asFailure(content) : content;
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  if (texts.length === parts.length) return { type, call_id, output: texts.join('\n') };
  return { type, call_id, output: parts.map((part) => encodePart(part, circumstances)) };
}

/** The protocol has no mark for a call that failed, and the model must not take what it says for an answer. */
function asFailure(content: ToolResultPart['content']): ToolResultPart['content'] {
  const [first] = content;
  if (first?.type !== 'text') return [{ type: 'text', text: 'Error:' }, ...content];
  return /^\W*error/i.test(first.text) ? content : [{ ...first, text: `Error: ${first.text}` }, ...content.slice(1)];
}

function encodeAssistant(content: readonly AssistantPart[], { losses }: Circumstances): Item[] {
  const items: Item[] = [];
  let message: OutputPart[] | undefined;
  for (const part of content) {
    if (part.type === 'text' || part.type === 'refusal') {
      if (message === undefined) {
        message = [];
        items.push({ type: 'message', role: 'assistant', content: message });
      }
      message.push(encodeOutputPart(part));
      continue;
    }
    message = undefined;
    if (part.type === 'image')
      return losses.refuse(part.path ?? 'input', "it takes no images in the model's own turns");
    items.push(...encodeAct(part));
  }
  return items;
}

function encodeOutputPart(part: Extract<AssistantPart, { type: 'text' | 'refusal' }>): OutputPart {
  if (part.type === 'refusal') return { type: 'refusal', refusal: part.text };
  const { text, citations = [] } = part;
  return { type: 'output_text', text, annotations: citations.map((citation) => writeAnnotation(citation, text)) };
}

/** Reasoning goes back to the vendor that can read it, and to no other: it is the model's private note. */
function encodeAct(part: Extract<AssistantPart, { type: 'reasoning' | 'redacted-reasoning' | 'tool-call' }>): Item[] {
  if (part.type === 'tool-call') {
    const { id, name, arguments: written } = part;
    return [{ type: 'function_call', call_id: writeCallId(id), name, arguments: written }];
  }
  if (part.state?.origin !== 'openai') return [];
  const text = part.type === 'reasoning' ? part.text : '';
  const summary = text === '' ? [] : [{ type: 'summary_text', text } as const];
  return [{ type: 'reasoning', summary, encrypted_content: part.state.value }];
}
