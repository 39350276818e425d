import type { AnswerContext } from '../../canonical/codec.ts';
import { encodeToolCallId } from '../../canonical/opaque.ts';
import { writeMediaUrl } from '../../canonical/read.ts';
import type { AssistantPart, ImagePart, TextPart } from '../../canonical/request.ts';
import type { CanonicalResponse, Choice } from '../../canonical/response.ts';
import { writeAnnotation } from './annotations.ts';
import { writeFinishReason } from './finish-reason.ts';
import { writeLogprobs } from './logprobs.ts';
import { writeReasoningText, writeRedactedReasoning, writeStateOfText } from './reasoning-details.ts';
import { writeUsage } from './usage.ts';

/** https://platform.openai.com/docs/api-reference/chat/object */
export function encodeResponse(response: CanonicalResponse, context: AnswerContext): object {
  return {
    id: completionId(context),
    object: 'chat.completion',
    created: context.createdAt,
    model: response.model ?? context.model,
    choices: response.choices.map(encodeChoice),
    ...(response.usage !== undefined && { usage: writeUsage(response.usage) }),
  };
}

export function completionId({ requestId }: AnswerContext): string {
  return `chatcmpl-${requestId}`;
}

/** As OpenRouter shows the images that models make. */
export function writeImage(source: Extract<ImagePart['source'], { kind: 'base64' | 'url' }>, index: number): object {
  return { type: 'image_url', image_url: { url: writeMediaUrl(source) }, index };
}

function encodeChoice(choice: Choice, index: number): object {
  const { content, finishReason, logprobs } = choice;
  const refusal = textOf(content, 'refusal');
  return {
    index,
    message: encodeMessage(content, refusal),
    logprobs: logprobs === undefined || logprobs.length === 0 ? null : writeLogprobs(logprobs),
    finish_reason: writeFinishReason(finishReason, refusal !== ''),
  };
}

function encodeMessage(content: readonly AssistantPart[], refusal: string): object {
  const text = textOf(content, 'text');
  const reasoning = textOf(content, 'reasoning');
  const details = encodeDetails(content);
  const annotations = encodeAnnotations(content);
  const images = content.flatMap((part) => (part.type === 'image' && part.source.kind !== 'file' ? [part.source] : []));
  const calls = content.flatMap((part) => {
    if (part.type !== 'tool-call') return [];
    const called = { name: part.name, arguments: part.arguments };
    return [{ id: encodeToolCallId(part.id, part.state), type: 'function', function: called }];
  });
  return {
    role: 'assistant',
    content: text === '' && (refusal !== '' || calls.length > 0) ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(annotations.length > 0 && { annotations }),
    ...(images.length > 0 && { images: images.map(writeImage) }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function textOf(content: readonly AssistantPart[], type: 'text' | 'refusal' | 'reasoning'): string {
  return content.map((part) => (part.type === type ? part.text : '')).join('');
}

function encodeDetails(content: readonly AssistantPart[]): readonly object[] {
  const details: object[] = [];
  for (const part of content) {
    if (part.type === 'reasoning') details.push(writeReasoningText(part.text, part.state, details.length));
    else if (part.type === 'redacted-reasoning') details.push(writeRedactedReasoning(part.state, details.length));
    else if (part.type === 'text' && part.state !== undefined) {
      details.push(writeStateOfText(part.state, details.length));
    }
  }
  return details;
}

function encodeAnnotations(content: readonly AssistantPart[]): readonly object[] {
  let start = 0;
  return content
    .filter((part): part is TextPart => part.type === 'text')
    .flatMap(({ text, citations = [] }) => {
      const span = { start, end: start + text.length };
      start = span.end;
      return citations.flatMap((citation) => writeAnnotation(citation, span) ?? []);
    });
}
