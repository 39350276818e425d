import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type { AssistantPart, Message, TextPart, ToolResultPart, UserPart } from '../../canonical/request.ts';
import { writeCallId } from './call-ids.ts';
import { ContentEncoder } from './encode-content.ts';
import { writeReasoningText, writeRedactedReasoning } from './reasoning-details.ts';

export interface MessageEncoding {
  readonly target: EncodingTarget;
  readonly losses: Losses;
  readonly content: ContentEncoder;
}

export function encodeMessages(
  messages: readonly Message[],
  target: EncodingTarget,
  losses: Losses,
): readonly object[] {
  const encoding: MessageEncoding = { target, losses, content: new ContentEncoder(target, losses) };
  return messages.flatMap((message, index) => {
    const path = message.path ?? `messages[${index}]`;
    switch (message.role) {
      case 'system':
        return [{ role: 'system', content: encoding.content.encode(message.content, path) }];
      case 'user':
        return encodeUser(message.content, path, encoding);
      case 'assistant':
        return [encodeAssistant(message.content, path, encoding)];
    }
  });
}

type Said = Exclude<UserPart, ToolResultPart>;

/** Results must follow their calls at once, so they come before what the user says, and before what a tool message cannot hold. */
function encodeUser(content: readonly UserPart[], path: string, encoding: MessageEncoding): readonly object[] {
  const results = content.filter((part): part is ToolResultPart => part.type === 'tool-result');
  const said = content.filter((part): part is Said => part.type !== 'tool-result');
  const shown = results.flatMap((result) => mediaOf(result));
  const words = [...shown, ...said];
  return [
    ...results.map((result) => encodeResult(result, encoding)),
    ...(words.length === 0 && results.length > 0
      ? []
      : [{ role: 'user', content: encoding.content.encode(words, path) }]),
  ];
}

/** There is no member for a failed call. */
function encodeResult(result: ToolResultPart, { target, content }: MessageEncoding): object {
  const texts = result.content.filter((part): part is TextPart => part.type === 'text');
  const [first, ...others] = texts;
  const unmarked = result.isError === true && !/^\W*error/i.test(first?.text ?? '');
  const told: readonly TextPart[] = unmarked
    ? [{ ...first, type: 'text', text: `Error: ${first?.text ?? ''}` }, ...others]
    : texts;
  return {
    role: 'tool',
    tool_call_id: writeCallId(result.callId, target.toolCallIds),
    content: content.encode(told, result.path ?? 'messages'),
  };
}

/**
 * Messages of tools take text alone, so images and documents of a result come in the user's name right after the results.
 * https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
 */
function mediaOf(result: ToolResultPart): readonly Said[] {
  const media = result.content.filter((part) => part.type !== 'text');
  return media.length === 0 ? [] : [{ type: 'text', text: `Returned by the tool ${result.name}:` }, ...media];
}

function encodeAssistant(content: readonly AssistantPart[], path: string, encoding: MessageEncoding): object {
  const { target, losses } = encoding;
  const image = content.find(({ type }) => type === 'image');
  if (image !== undefined) return losses.refuse(image.path ?? path, 'it takes no images as the words of the assistant');
  const texts = content.filter((part) => part.type === 'text').filter(({ text }) => text !== '');
  const refusal = content.flatMap((part) => (part.type === 'refusal' ? [part.text] : [])).join('');
  const calls = content.flatMap((part) => {
    if (part.type !== 'tool-call') return [];
    const called = { name: part.name, arguments: part.arguments };
    return [{ id: writeCallId(part.id, target.toolCallIds), type: 'function', function: called }];
  });
  const silent = texts.length === 0 && (calls.length > 0 || refusal !== '');
  return {
    role: 'assistant',
    content: silent ? null : encoding.content.encode(texts, path),
    ...(refusal !== '' && { refusal }),
    ...encodeReasoning(content, target.replaysReasoning),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** A model's own notes go back only where the vendor wants them, and states of others only where all of them are understood. */
function encodeReasoning(content: readonly AssistantPart[], replays: EncodingTarget['replaysReasoning']): object {
  if (replays === undefined) return {};
  if (replays !== 'reasoning_details') {
    const text = content.flatMap((part) => (part.type === 'reasoning' ? [part.text] : [])).join('');
    // A turn with calls is refused without the member, even where nothing was thought (api-docs.deepseek.com/guides/thinking_mode).
    const demanded = replays === 'reasoning_content' && content.some(({ type }) => type === 'tool-call');
    return text === '' && !demanded ? {} : { [replays]: text };
  }
  const details = content
    .filter((part) => part.type === 'reasoning' || part.type === 'redacted-reasoning')
    .filter(({ state }) => state?.origin !== 'bedrock')
    .map((part, index) =>
      part.type === 'reasoning'
        ? writeReasoningText(part.text, part.state, index)
        : writeRedactedReasoning(part.state, index),
    );
  return details.length === 0 ? {} : { reasoning_details: details };
}
