import type { EncodingTarget } from '../../canonical/codec.ts';
import type { Losses } from '../../canonical/losses.ts';
import type {
  AssistantPart,
  CacheMarker,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
} from '../../canonical/request.ts';
import type { Turn } from '../../canonical/turns.ts';
import { cachePoint } from './cache-point.ts';
import { DocumentNames } from './document-names.ts';
import { requireName } from './encode-tools.ts';
import { encodeAudio, encodeDocument, encodeImage, encodeVideo } from './media.ts';
import { type ModelFamily, modelFamily } from './model-family.ts';
import { toolUseId } from './tool-use-id.ts';

export interface ConverseMessage {
  readonly role: Turn['role'];
  readonly content: object[];
}

interface Encoding {
  readonly family: ModelFamily;
  readonly names: DocumentNames;
  readonly losses: Losses;
  readonly input: readonly string[] | undefined;
  readonly thoughts: boolean;
}

interface Circumstances {
  readonly target: EncodingTarget;
  /** Whether signed reasoning may be sent. */
  readonly thoughts: boolean;
  readonly losses: Losses;
}

/**
 * Turns as Converse wants them: user and assistant in strict alternation, the user first, none of them empty, no blank text.
 * A turn of which nothing is left, such as reasoning that belongs to another vendor, is left out, and its neighbours are joined.
 */
export function encodeMessages(turns: readonly Turn[], { target, thoughts, losses }: Circumstances): ConverseMessage[] {
  const input = target.capabilities?.input;
  const encoding = { family: modelFamily(target), names: new DocumentNames(), losses, input, thoughts };
  const messages: ConverseMessage[] = [];
  for (const turn of turns) {
    const content = encodeTurn(turn, encoding);
    const last = messages.at(-1);
    if (content.length === 0) continue;
    if (last?.role === turn.role) for (const block of content) last.content.push(block);
    else if (last === undefined && turn.role === 'assistant') {
      losses.refuse(turn.path ?? 'messages', 'a conversation begins with the user there');
    } else messages.push({ role: turn.role, content });
  }
  if (messages.length === 0) losses.refuse('messages', 'it needs a message of the user with content');
  return messages;
}

function encodeTurn(turn: Turn, encoding: Encoding): object[] {
  const content: object[] = turn.content.flatMap((part: UserPart | AssistantPart) => encodePart(part, encoding));
  // A document alone is refused: the same message must have a text. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
  const lacksText = content.some((block) => 'document' in block) && !content.some((block) => 'text' in block);
  return lacksText ? [{ text: 'The attached document.' }, ...content] : content;
}

function encodePart(part: UserPart | AssistantPart, encoding: Encoding): readonly object[] {
  const { family, losses } = encoding;
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? [] : [{ text: part.text }, ...cachePoint(part.cache, family)];
    case 'refusal':
      return part.text.trim() === '' ? [] : [{ text: part.text }];
    case 'image':
      requireInput('image', part.path, encoding);
      return [encodeImage(part, losses), ...cachePoint(part.cache, family)];
    case 'document':
      if (part.source.kind === 'base64' && part.source.mediaType === 'application/pdf') {
        requireInput('pdf', part.path, encoding);
      }
      return [encodeDocument(part, encoding.names.next(part), losses), ...cachePoint(part.cache, family)];
    case 'audio':
      requireInput('audio', part.path, encoding);
      return [encodeAudio(part, losses)];
    case 'video':
      requireInput('video', part.path, encoding);
      return [encodeVideo(part, losses)];
    case 'tool-call':
      return [encodeToolCall(part, losses), ...cachePoint(part.cache, family)];
    case 'tool-result':
      return encodeToolResult(part, encoding);
    case 'reasoning':
      return encoding.thoughts ? encodeReasoning(part) : [];
    case 'redacted-reasoning':
      return part.state.origin === 'bedrock' && encoding.thoughts
        ? [{ reasoningContent: { redactedContent: part.state.value } }]
        : [];
  }
}

function requireInput(kind: string, path: string | undefined, { input, losses }: Encoding): void {
  if (input !== undefined && !input.includes(kind))
    losses.refuse(path ?? 'messages', `the model takes no ${kind} input`);
}

/** Only what Claude signed can be sent back; the notes of other models are theirs, and refused or ignored by every other. */
function encodeReasoning({ text, state }: ReasoningPart): readonly object[] {
  if (state?.origin !== 'anthropic') return [];
  return [{ reasoningContent: { reasoningText: { text, signature: state.value } } }];
}

function encodeToolCall({ id, name, arguments: text, path = 'messages' }: ToolCallPart, losses: Losses): object {
  requireName(name, path, losses);
  const input = parseObject(text);
  if (input === undefined) return losses.refuse(path, 'the arguments of a call must be a JSON object');
  return { toolUse: { toolUseId: toolUseId(id), name, input } };
}

function encodeToolResult(part: ToolResultPart, encoding: Encoding): readonly object[] {
  let cache: CacheMarker | undefined = part.cache;
  const content = part.content.flatMap(({ cache: inner, ...block }) => {
    // A cache point may not stand inside a result.
    cache ??= inner;
    return encodePart(block, encoding);
  });
  const result = {
    toolUseId: toolUseId(part.callId),
    // Blank text is refused here too, and a result without any content by some models.
    content: content.length === 0 ? [{ json: {} }] : content,
    ...(part.isError === true && { status: 'error' }),
  };
  return [{ toolResult: result }, ...cachePoint(cache, encoding.family)];
}

function parseObject(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
